package protocol

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

func TestDecodeEnvelope(t *testing.T) {
	tests := map[string]struct {
		frame string
		want  Envelope
	}{
		"all":            {`{"type":"ping","id":"7","data":{"a":1}}`, Envelope{"ping", "7", json.RawMessage(`{"a":1}`)}},
		"any order":      {`{"data":{},"id":"7","type":"ping"}`, Envelope{"ping", "7", json.RawMessage(`{}`)}},
		"spaces":         {" \n{ \"type\" :\t\"ping\" , \"id\": \"7\" }\r\n", Envelope{"ping", "7", nil}},
		"no id":          {`{"type":"bye","data":{}}`, Envelope{"bye", "", json.RawMessage(`{}`)}},
		"unknown type":   {`{"type":"dance","id":"7"}`, Envelope{"dance", "7", nil}},
		"unknown member": {`{"type":"ping","id":"7","x":[1,-2.5e+3,true,false,null,"\u00e4\n"]}`, Envelope{"ping", "7", nil}},
		"other case":     {`{"Type":"hello","type":"ping","ID":"8","id":"7","DATA":1}`, Envelope{"ping", "7", nil}},
		"folded letter":  {`{"type":"ping","id":"7","da\u017fta":1}`, Envelope{"ping", "7", nil}},
		"escaped key":    {`{"t\u0079pe":"ping","i\u0064":"7"}`, Envelope{"ping", "7", nil}},
		"escaped value":  {`{"type":"p\u0069ng","id":"\u738b\""}`, Envelope{"ping", `王"`, nil}},
		"longest id":     {`{"type":"ping","id":"` + strings.Repeat("王", MaxID) + `"}`, Envelope{"ping", strings.Repeat("王", MaxID), nil}},
		"same key apart": {`{"type":"ping","id":"7","data":{"a":{"a":1},"b":{"a":1}}}`, Envelope{"ping", "7", json.RawMessage(`{"a":{"a":1},"b":{"a":1}}`)}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			env, fault := DecodeEnvelope([]byte(tt.frame))
			if fault != nil {
				t.Fatal(fault)
			}
			if env.Type != tt.want.Type || env.ID != tt.want.ID || string(env.Data) != string(tt.want.Data) {
				t.Errorf("got %+v, want %+v", env, tt.want)
			}
		})
	}
}

// TestDecodeEnvelopeFaults also wants the id back wherever it can be told.
func TestDecodeEnvelopeFaults(t *testing.T) {
	long := strings.Repeat("x", MaxID+1)
	tests := map[string]struct {
		frame string
		code  Code
		id    string
	}{
		"empty":                {``, CodeBadJSON, ""},
		"space only":           {` `, CodeBadJSON, ""},
		"array":                {`[]`, CodeBadJSON, ""},
		"string":               {`"ping"`, CodeBadJSON, ""},
		"null":                 {`null`, CodeBadJSON, ""},
		"cut off":              {`{"type":"ping","id":"7"`, CodeBadJSON, "7"},
		"cut in a key":         {`{"type":"ping","id":"7","da`, CodeBadJSON, "7"},
		"trailing comma":       {`{"type":"ping","id":"7",}`, CodeBadJSON, "7"},
		"trailing data":        {`{"type":"ping","id":"7"} x`, CodeBadJSON, "7"},
		"two objects":          {`{"type":"ping","id":"7"}{}`, CodeBadJSON, "7"},
		"no colon":             {`{"type" "ping"}`, CodeBadJSON, ""},
		"no comma":             {`{"type":"ping" "id":"7"}`, CodeBadJSON, ""},
		"key without quotes":   {`{type:"ping"}`, CodeBadJSON, ""},
		"control character":    {"{\"id\":\"7\",\"type\":\"p\ning\"}", CodeBadJSON, "7"},
		"bad escape":           {`{"id":"7","type":"\x"}`, CodeBadJSON, "7"},
		"bad unicode escape":   {`{"id":"7","type":"\u12g4"}`, CodeBadJSON, "7"},
		"leading zero":         {`{"id":"7","x":01}`, CodeBadJSON, "7"},
		"plus":                 {`{"id":"7","x":+1}`, CodeBadJSON, "7"},
		"bare point":           {`{"id":"7","x":1.}`, CodeBadJSON, "7"},
		"bare exponent":        {`{"id":"7","x":1e}`, CodeBadJSON, "7"},
		"lone minus":           {`{"id":"7","x":-}`, CodeBadJSON, "7"},
		"half a word":          {`{"id":"7","x":tru}`, CodeBadJSON, "7"},
		"array without end":    {`{"id":"7","x":[1`, CodeBadJSON, "7"},
		"array with hole":      {`{"id":"7","x":[1,]}`, CodeBadJSON, "7"},
		"not UTF-8":            {"{\"type\":\"ping\",\"id\":\"7\",\"x\":\"\xff\"}", CodeBadUTF8, "7"},
		"id not UTF-8":         {"{\"type\":\"ping\",\"id\":\"\xff\"}", CodeBadUTF8, ""},
		"type twice":           {`{"type":"ping","type":"hello","id":"7"}`, CodeDuplicateKey, "7"},
		"type twice, escaped":  {`{"type":"ping","\u0074ype":"hello","id":"7"}`, CodeDuplicateKey, "7"},
		"id twice":             {`{"type":"ping","id":"7","id":"8"}`, CodeDuplicateKey, ""},
		"data twice":           {`{"type":"ping","data":{},"data":{},"id":"7"}`, CodeDuplicateKey, "7"},
		"twice within, id far": {`{"type":"ping","data":{"a":{"b":1,"b":2}},"id":"7"}`, CodeDuplicateKey, "7"},
		"twice in an array":    {`{"type":"ping","id":"7","data":{"a":[{"b":1,"b":2}]}}`, CodeDuplicateKey, "7"},
		"lone surrogates":      {`{"type":"ping","id":"7","\ud800":1,"\ud801":1}`, CodeDuplicateKey, "7"},
		"no type":              {`{"id":"7"}`, CodeBadEnvelope, "7"},
		"empty type":           {`{"type":"","id":"7"}`, CodeBadEnvelope, "7"},
		"type a number":        {`{"type":1,"id":"7"}`, CodeBadEnvelope, "7"},
		"type too long":        {`{"type":"` + long + `","id":"7"}`, CodeBadEnvelope, "7"},
		"id a number":          {`{"type":"ping","id":7}`, CodeBadEnvelope, ""},
		"id null":              {`{"type":"ping","id":null}`, CodeBadEnvelope, ""},
		"id too long":          {`{"type":"ping","id":"` + long + `"}`, CodeBadEnvelope, ""},
		"data null":            {`{"type":"ping","id":"7","data":null}`, CodeBadEnvelope, "7"},
		"data an array":        {`{"type":"ping","id":"7","data":[]}`, CodeBadEnvelope, "7"},
		"type in other case":   {`{"Type":"ping","id":"7"}`, CodeBadEnvelope, "7"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			env, fault := DecodeEnvelope([]byte(tt.frame))
			if fault == nil || fault.Code != tt.code {
				t.Fatalf("got %v, want %s", fault, tt.code)
			}
			if env.ID != tt.id {
				t.Errorf("id %q, want %q", env.ID, tt.id)
			}
		})
	}
}

func TestDecodeEnvelopeSize(t *testing.T) {
	frame := `{"type":"ping","id":"7","x":"` + strings.Repeat("x", MaxFrame)
	frame = frame[:MaxFrame-2] + `"}`
	if _, fault := DecodeEnvelope([]byte(frame)); fault != nil {
		t.Errorf("a frame of MaxFrame: %v", fault)
	}
	env, fault := DecodeEnvelope([]byte(frame + " "))
	if fault == nil || fault.Code != CodeTooLarge || env.ID != "7" {
		t.Errorf("one byte more: %v, id %q", fault, env.ID)
	}
}

func TestDecodeEnvelopeDepth(t *testing.T) {
	nest := func(n int) []byte { // n brackets, the envelope being one of them
		return []byte(`{"type":"ping","id":"7","x":` + strings.Repeat("[", n-1) + strings.Repeat("]", n-1) + `}`)
	}
	if _, fault := DecodeEnvelope(nest(MaxDepth)); fault != nil {
		t.Errorf("MaxDepth: %v", fault)
	}
	env, fault := DecodeEnvelope(nest(MaxDepth + 1))
	if fault == nil || fault.Code != CodeTooDeep || env.ID != "7" {
		t.Errorf("one more: %v, id %q", fault, env.ID)
	}
}

// TestManyKeys crosses from comparing pairs to sorting.
func TestManyKeys(t *testing.T) {
	for _, n := range []int{2, 15, 16, 17, 300} {
		keys := make([]string, n)
		for i := range keys {
			keys[i] = fmt.Sprintf(`"k%d":1`, i)
		}
		frame := func(last string) []byte {
			return []byte(`{"type":"ping","id":"7","data":{` + strings.Join(keys, ",") + last + `}}`)
		}
		if _, fault := DecodeEnvelope(frame("")); fault != nil {
			t.Errorf("%d keys: %v", n, fault)
		}
		_, fault := DecodeEnvelope(frame(`,"k1":2`))
		if fault == nil || fault.Code != CodeDuplicateKey {
			t.Errorf("%d keys and one again: %v", n, fault)
		}
	}
}

func TestDecodeCommandNeedsID(t *testing.T) {
	for _, frame := range []string{`{"type":"ping"}`, `{"type":"ping","id":""}`} {
		_, fault := DecodeCommand([]byte(frame))
		if fault == nil || fault.Code != CodeBadEnvelope {
			t.Errorf("%s: %v, want bad_envelope", frame, fault)
		}
	}
	if env, fault := DecodeCommand([]byte(`{"type":"ping","id":"7"}`)); fault != nil || env.ID != "7" {
		t.Errorf("%+v, %v", env, fault)
	}
}

// TestDecodeEnvelopeAllocates only the id.
func TestDecodeEnvelopeAllocates(t *testing.T) {
	frame := []byte(benchFrame)
	allocs := testing.AllocsPerRun(100, func() {
		if _, fault := DecodeEnvelope(frame); fault != nil {
			t.Fatal(fault)
		}
	})
	if allocs > 2 { // one, and one now and then when the pool was emptied or the race detector is on
		t.Errorf("%v allocations", allocs)
	}
}

func TestDecodeData(t *testing.T) {
	const raw = `{"call":"c1","reason":"lunch","colour":"red","sub":{"call":"x"}}`
	var got CallReject
	if fault := DecodeData(json.RawMessage(raw), &got); fault != nil {
		t.Fatal(fault)
	}
	if want := (CallReject{"c1", "lunch"}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// TestDecodeDataIgnoresOtherCase is what encoding/json alone gets wrong: there the last one wins.
func TestDecodeDataIgnoresOtherCase(t *testing.T) {
	for _, key := range []string{"Call", "CALL", `C\u0061ll`, `c\u0041ll`} {
		raw := json.RawMessage(`{"call":"mine","` + key + `":"yours"}`)
		before := string(raw)
		var got CallRef
		if fault := DecodeData(raw, &got); fault != nil {
			t.Fatal(fault)
		}
		if got.Call != "mine" || string(raw) != before {
			t.Errorf("%s: got %q from %s", key, got.Call, raw)
		}
		if fault := DecodeData(json.RawMessage(`{"`+key+`":"yours"}`), new(CallRef)); fault == nil {
			t.Errorf("%s alone was taken for call", key)
		}
	}
	var set StreamsRefresh // U+017F and U+212A fold to s and k
	if fault := DecodeData(json.RawMessage(`{"call":"c","generation":1,"GENERATION":2}`), &set); fault != nil || set.Generation != 1 {
		t.Errorf("%+v, %v", set, fault)
	}
	var req CallRequest
	raw := `{"request_id":"r","claim_no":"n","\u017fkills":["a"],"s` + "\u212a" + `ills":["b"]}`
	if fault := DecodeData(json.RawMessage(raw), &req); fault != nil || req.Skills != nil {
		t.Errorf("%+v, %v", req, fault)
	}
}

func TestDecodeDataKeepsEscapedKeys(t *testing.T) {
	var got CallRef
	if fault := DecodeData(json.RawMessage(`{"c\u0061ll":"c1"}`), &got); fault != nil || got.Call != "c1" {
		t.Errorf("%+v, %v", got, fault)
	}
}

func TestDecodeDataFaults(t *testing.T) {
	tests := map[string]struct {
		raw     string
		into    any
		code    Code
		message string
	}{
		"kind":           {`{"call":7}`, new(CallRef), CodeBadData, "call: want a string, got number"},
		"list":           {`{"request_id":"r","claim_no":"n","skills":"ev"}`, new(CallRequest), CodeBadData, "skills: want a list, got string"},
		"in a list":      {`{"request_id":"r","claim_no":"n","skills":[1]}`, new(CallRequest), CodeBadData, "skills: want a string, got number"},
		"fraction":       {`{"call":"c","generation":1.5}`, new(StreamsRefresh), CodeBadData, "generation: want a whole number, got number 1.5"},
		"nested":         {`{"call":{"legs":{"claimant":{"joined":1}}}}`, new(CallEvent), CodeBadData, "call.legs.claimant.joined: want true or false, got number"},
		"object":         {`{"call":"c1"}`, new(CallEvent), CodeBadData, "call: want an object, got string"},
		"time":           {`{"time":"today"}`, new(Pong), CodeBadData, "A time or another field has the wrong form."},
		"missing":        {`{}`, new(CallRef), CodeBadData, "call: is required"},
		"nothing at all": {``, new(CallRef), CodeBadData, "call: is required"},
		"null":           {`{"call":null}`, new(CallRef), CodeBadData, "call: is required"},
		"twice":          {`{"call":"a","call":"b"}`, new(CallRef), CodeDuplicateKey, ""},
		"no object":      {`[]`, new(CallRef), CodeBadJSON, ""},
		"not UTF-8":      {"{\"call\":\"\xff\"}", new(CallRef), CodeBadUTF8, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			fault := DecodeData(json.RawMessage(tt.raw), tt.into)
			if fault == nil || fault.Code != tt.code {
				t.Fatalf("got %v, want %s", fault, tt.code)
			}
			if tt.message != "" && fault.Message != tt.message {
				t.Errorf("got %q, want %q", fault.Message, tt.message)
			}
		})
	}
}
