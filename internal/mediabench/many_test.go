package mediabench

import (
	"fmt"
	"runtime"
	"strings"
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
		before, _ := s.memory()
		var good crowd
		var streams []stream
		limit := "all flowed"
		for calls := callStep; calls <= wantedCalls; calls += callStep {
			for i := calls - callStep; i < calls; i++ {
				streams = append(streams, s.flows(t, s.call(t, manyCall+i), film)...)
			}
			if silent := begin(streams); len(silent) > 0 {
				limit = fmt.Sprintf("of %d there was nothing of %s", calls, strings.Join(silent, ", "))
				fmt.Println(limit)
				break
			}
			gap, where, cores := s.look(streams)
			after, _ := s.memory()
			now := crowd{calls: calls, cores: cores, memory: after - before}
			fmt.Printf("%v: longest gap %.2f s (%s), load %s\n", now, gap.Seconds(), where, load(t))
			if gap >= lostSecond {
				limit = fmt.Sprintf("with %d one lost %.1f s, %s", calls, gap.Seconds(), where)
				break
			}
			good = now
		}
		rows = table{{
			what: fmt.Sprintf("calls on %d cores without a lost second", runtime.NumCPU()), budget: wantedCalls, figure: float64(good.calls),
			unit: "calls", more: true, load: load(t), note: fmt.Sprintf("%s; %v; everybody in them runs on the same cores", limit, good),
		}}
	})
	return rows
}

// crowd is what a number of calls took of the server.
type crowd struct {
	calls  int
	cores  float64
	memory int // bytes
}

func (c crowd) String() string {
	each := max(float64(c.calls), 1)
	return fmt.Sprintf("%d calls took %.1f %% of a core and %.1f MB each", c.calls, 100*c.cores/each, mb(c.memory)/each)
}

// flows is talk without ears: it costs as little as it can.
func (s *server) flows(t *testing.T, c call, film clip) []stream {
	t.Helper()
	toWeb, toPhone := &pauses{}, &pauses{}
	publishRTMP(t, by(t, protocol.StreamRTMP, c.claimant.Push), film)
	publishWeb(t, by(t, protocol.StreamWHIP, c.adjuster.Push), film)
	playWeb(t, by(t, protocol.StreamWHEP, c.adjuster.Play), toWeb.see)
	playRTMP(t, by(t, protocol.StreamRTMP, c.claimant.Play), toPhone.see)
	return []stream{{"RTMP to WHEP", toWeb}, {"WHIP to RTMP", toPhone}}
}

// stream is one direction of a call.
type stream struct {
	name string
	*pauses
}

// begin waits until all streams flow. It returns the names of those that don't.
func begin(streams []stream) (silent []string) {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for late := time.Now().Add(patience); time.Now().Before(late); <-tick.C {
		silent = nil
		for _, s := range streams {
			if !s.began() {
				silent = append(silent, s.name)
			}
		}
		if len(silent) == 0 {
			break
		}
	}
	return silent
}

// look waits until all have caught up, and then for a while. It returns the longest pause of all of them in that while
// and whose it was, and how many cores the server took.
func (s *server) look(streams []stream) (longest time.Duration, where string, cores float64) {
	begin := <-time.After(warmUp)
	for _, p := range streams {
		p.since(begin)
	}
	cpu := s.cpu()
	end := <-time.After(watching)
	for _, p := range streams {
		if pause := p.longest(end); pause > longest {
			longest, where = pause, p.name
		}
	}
	return longest, where, float64(s.cpu()-cpu) / float64(end.Sub(begin))
}
