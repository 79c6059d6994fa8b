package mediabench

import (
	"slices"
	"sync"
	"testing"
	"time"
)

// lips watch and listen to the clip as it comes out of the relay, and note when each second begins in picture and in
// sound. They may be used concurrently.
type lips struct {
	ear    ear
	pauses pauses // of the whole run

	mu    sync.Mutex
	keys  []unit // those that begin seconds
	beeps []unit
}

// see is the viewer.
func (l *lips) see(u unit) {
	if !u.video {
		if within, ok := l.ear.begins(u.data); ok {
			l.note(&l.beeps, unit{at: u.at + within, came: u.came.Add(within)})
		}
	} else if u.key {
		l.note(&l.keys, unit{at: u.at, came: u.came})
	}
	l.pauses.see(u)
}

func (l *lips) note(list *[]unit, u unit) {
	l.mu.Lock()
	defer l.mu.Unlock()
	*list = append(*list, u)
}

// skew is how far sound and picture are from where they should be, as medians over a while.
type skew struct {
	seconds int
	// stamped is how much later the sound is than it should be beside its picture, by the time stamps. Where two clocks
	// with different beginnings stamp them, only its changes mean something.
	stamped time.Duration
	// came is the same by when they arrived.
	came time.Duration
	// wall is how far the time stamps of the picture are ahead of the time that has passed since the first one: of the
	// picture that was the least late, so that it tells of clocks and not of a machine that was busy.
	wall time.Duration
}

// since tells of what has come from begin on. Seconds in which picture or sound was lost are left out.
func (l *lips) since(begin time.Time) skew {
	l.mu.Lock()
	defer l.mu.Unlock()
	var stamped, came, wall []time.Duration
	for _, beep := range l.beeps {
		key, ok := before(l.keys, beep.came)
		if !ok || key.came.Before(begin) {
			continue
		}
		stamped = append(stamped, beep.at-key.at-beepAt)
		came = append(came, beep.came.Sub(key.came)-beepAt)
		wall = append(wall, (key.at-l.keys[0].at)-key.came.Sub(l.keys[0].came))
	}
	return skew{len(came), median(stamped), median(came), percentile(wall, 100)}
}

// before returns the last unit that came before that, if it is not a second old.
func before(units []unit, then time.Time) (unit, bool) {
	for _, u := range slices.Backward(units) {
		if old := then.Sub(u.came); old >= 0 {
			return u, old < time.Second
		}
	}
	return unit{}, false
}

func median(d []time.Duration) time.Duration { return percentile(d, 50) }

// percentile returns the value below which p of a hundred are; 0 of none.
func percentile(d []time.Duration, p int) time.Duration {
	if len(d) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(d))
	return sorted[min(len(sorted)*p/100, len(sorted)-1)]
}

func TestPercentile(t *testing.T) {
	d := []time.Duration{5, 1, 4, 2, 3}
	if m, p := median(d), percentile(d, 95); m != 3 || p != 5 || median(nil) != 0 {
		t.Errorf("got %d and %d", m, p)
	}
}

func TestLipsMeasureWhatIsLate(t *testing.T) {
	const late = 30 * time.Millisecond
	start := time.Unix(1_800_000_000, 0)
	l := &lips{}
	for i := range 10 {
		second := time.Duration(i) * time.Second
		l.see(unit{video: true, key: true, at: second, came: start.Add(second)})
		beep := second + beepAt + late
		l.note(&l.beeps, unit{at: beep, came: start.Add(beep)})
	}
	if got, want := l.since(start.Add(5*time.Second)), (skew{seconds: 5, stamped: late, came: late}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
