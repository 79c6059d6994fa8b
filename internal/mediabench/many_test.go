package mediabench

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/claimcall/claimcall/protocol"
)

const (
	wantedCalls = 50
	callStep    = 5 // calls that begin before all are looked at
	lostSecond  = time.Second
)

// manyCalls begins calls until one of them loses a second, or all that are wanted run.
func (s *server) manyCalls(t *testing.T) (rows table) {
	t.Run("many", func(t *testing.T) {
		film := makeClip(t)
		before := s.memory()
		good, note := 0, ""
		var streams []*pauses
		for calls := callStep; calls <= wantedCalls; calls += callStep {
			for i := calls - callStep; i < calls; i++ {
				streams = append(streams, s.flows(t, s.call(t, manyCall+i), film)...)
			}
			gap, cores := s.look(streams)
			fmt.Printf("%d calls: longest gap %.2f s, the server takes %.2f of %d cores, load %s\n", calls, gap.Seconds(), cores, runtime.NumCPU(), load(t))
			if gap >= lostSecond {
				note = fmt.Sprintf("%d lost %.1f s", calls, gap.Seconds())
				break
			}
			good, note = calls, fmt.Sprintf("the server took %.2f cores and %.1f MB a call", cores, mb(s.memory()-before)/float64(calls))
		}
		rows = table{{
			what: fmt.Sprintf("calls on %d cores without a lost second", runtime.NumCPU()), budget: wantedCalls, figure: float64(good),
			unit: "calls", more: true, load: load(t), note: note + "; everybody in these calls runs on the same cores",
		}}
	})
	return rows
}

// flows is talk without ears: it costs as little as it can.
func (s *server) flows(t *testing.T, c call, film clip) []*pauses {
	t.Helper()
	toWeb, toPhone := &pauses{}, &pauses{}
	publishRTMP(t, by(t, protocol.StreamRTMP, c.claimant.Push), film)
	publishWeb(t, by(t, protocol.StreamWHIP, c.adjuster.Push), film)
	playWeb(t, by(t, protocol.StreamWHEP, c.adjuster.Play), toWeb.see)
	playRTMP(t, by(t, protocol.StreamRTMP, c.claimant.Play), toPhone.see)
	return []*pauses{toWeb, toPhone}
}

// look waits until the newest streams flow, and then for a while. It returns the longest pause of all of them in that
// while, and how many cores the server took.
func (s *server) look(streams []*pauses) (longest time.Duration, cores float64) {
	begin := <-time.After(warmUp)
	for _, p := range streams {
		p.since(begin)
	}
	cpu := s.cpu()
	end := <-time.After(watching)
	for _, p := range streams {
		longest = max(longest, p.longest(end))
	}
	return longest, float64(s.cpu()-cpu) / float64(end.Sub(begin))
}
