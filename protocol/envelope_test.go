package protocol

import (
	"encoding/json"
	"math"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestEncode(t *testing.T) {
	tests := map[string]struct {
		typ  Type
		id   string
		data any
		want string
	}{
		"event":       {TypeBye, "", &Bye{CloseGoingAway, true, 5}, `{"type":"bye","data":{"code":4000,"reconnect":true,"after_ms":5}}`},
		"answer":      {TypeOK, "7", Empty{}, `{"type":"ok","id":"7","data":{}}`},
		"no data":     {TypeOK, "7", nil, `{"type":"ok","id":"7","data":{}}`},
		"raw data":    {TypeOK, "7", json.RawMessage(`{"a": 1}`), `{"type":"ok","id":"7","data":{"a": 1}}`},
		"an error":    {TypeError, "7", NewError(CodeInCall), `{"type":"error","id":"7","data":{"code":"in_call","message":"You are in another call.","retry":false}}`},
		"quoted id":   {TypeOK, "a\"\\\n", nil, `{"type":"ok","id":"a\"\\\n","data":{}}`},
		"foreign id":  {TypeOK, "王", nil, `{"type":"ok","id":"王","data":{}}`},
		"broken id":   {TypeOK, "\xff", nil, `{"type":"ok","id":"\ufffd","data":{}}`},
		"url is kept": {TypeOK, "7", StreamURL{StreamFLV, "https://a/b?c=<1>&d=2"}, `{"type":"ok","id":"7","data":{"protocol":"flv","url":"https://a/b?c=<1>&d=2"}}`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := Encode(tt.typ, tt.id, tt.data)
			if err != nil || string(got) != tt.want {
				t.Errorf("got %s, %v; want %s", got, err, tt.want)
			}
		})
	}
}

func TestAppendEnvelopeKeepsWhatIsThere(t *testing.T) {
	got, err := AppendEnvelope([]byte("x"), TypePing, "1", nil)
	if err != nil || string(got) != `x{"type":"ping","id":"1","data":{}}` {
		t.Errorf("got %s, %v", got, err)
	}
	got, err = AppendEnvelope([]byte("x"), TypePing, "1", math.NaN())
	if err == nil || string(got) != "x" || !strings.Contains(err.Error(), "protocol: encode ping") {
		t.Errorf("got %s, %v; want an error and x", got, err)
	}
}

func TestEncodeRefusesYearsOfFiveDigits(t *testing.T) {
	if _, err := Encode(TypePong, "1", &Pong{Time: At(time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC))}); err == nil {
		t.Error("the year 10000 was written")
	}
}

// TestEncodeConcurrently finds buffers that two frames share.
func TestEncodeConcurrently(t *testing.T) {
	var wg sync.WaitGroup
	for _, s := range eventSamples() {
		want, err := Encode(s.typ, s.id, s.data)
		if err != nil {
			t.Fatal(err)
		}
		wg.Go(func() {
			for range 200 {
				if got, err := Encode(s.typ, s.id, s.data); err != nil || string(got) != string(want) {
					t.Errorf("got %s, %v; want %s", got, err, want)
					return
				}
			}
		})
	}
	wg.Wait()
}

// TestEveryFrameFits wants our own largest frame to be one we would accept.
func TestEveryFrameFits(t *testing.T) {
	c := active(LegClaimant)
	c.Note = strings.Repeat("\u2028", MaxNote) // six bytes each once escaped
	c.ClaimNo = strings.Repeat("王", MaxClaimNo)
	for range MaxSkills {
		c.Skills = append(c.Skills, strings.Repeat("王", MaxSkill))
	}
	media := streams(1, strings.Repeat("s", 64), strings.Repeat("p", 64))
	frame, err := Encode(TypeCallStreams, strings.Repeat("王", MaxID), &CallStreams{c, media})
	if err != nil {
		t.Fatal(err)
	}
	if _, fault := DecodeEnvelope(frame); fault != nil {
		t.Errorf("%d bytes: %v", len(frame), fault)
	}
}
