package protocol

import (
	"encoding/json"
	"testing"
	"time"
)

func TestTimeOnTheWire(t *testing.T) {
	zone := time.FixedZone("CST", 8*3600)
	tests := map[string]struct {
		t    time.Time
		want string
	}{
		"whole second": {time.Date(2026, 11, 22, 15, 4, 5, 0, time.UTC), `"2026-11-22T15:04:05.000Z"`},
		"milliseconds": {time.Date(2026, 11, 22, 15, 4, 5, 120e6, time.UTC), `"2026-11-22T15:04:05.120Z"`},
		"finer":        {time.Date(2026, 11, 22, 15, 4, 5, 999999999, time.UTC), `"2026-11-22T15:04:05.999Z"`},
		"other zone":   {time.Date(2026, 11, 22, 23, 4, 5, 0, zone), `"2026-11-22T15:04:05.000Z"`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			for _, w := range []Time{{tt.t}, At(tt.t)} {
				got, err := json.Marshal(w)
				if err != nil || string(got) != tt.want {
					t.Errorf("got %s, %v; want %s", got, err, tt.want)
				}
			}
			var back Time
			if err := json.Unmarshal([]byte(tt.want), &back); err != nil || back != At(tt.t) {
				t.Errorf("read %v, %v; want %v", back, err, At(tt.t))
			}
		})
	}
}

func TestTimeReadsAnyZone(t *testing.T) {
	var got Time
	err := json.Unmarshal([]byte(`"2026-11-22T23:04:05.1239+08:00"`), &got)
	if want := At(time.Date(2026, 11, 22, 15, 4, 5, 123e6, time.UTC)); err != nil || got != want {
		t.Errorf("got %v, %v; want %v", got, err, want)
	}
	for _, bad := range []string{`"yesterday"`, `17`, `"2026-11-22"`} {
		if err := json.Unmarshal([]byte(bad), &got); err == nil {
			t.Errorf("%s was read", bad)
		}
	}
}

func TestZeroTimeIsLeftOut(t *testing.T) {
	if !At(time.Time{}).IsZero() {
		t.Error("the zero time became another")
	}
	got, err := json.Marshal(struct {
		At Time `json:"at,omitzero"`
	}{At(time.Time{})})
	if err != nil || string(got) != "{}" {
		t.Errorf("got %s, %v", got, err)
	}
}
