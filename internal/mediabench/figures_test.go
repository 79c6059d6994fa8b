package mediabench

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/claimcall/claimcall/internal/mediatest"
	"github.com/claimcall/claimcall/protocol"
)

const (
	rounds    = 3                // of each way, in turn, so that all meet the same machine; their median counts
	openings  = 7                // of a stream, to see how soon the first picture is there
	measuring = 20 * time.Second // what a call costs
	further   = 5                // calls beside the first, to see what one more takes
)

// TestFigures measures what the budgets are about and prints it. It fails only where something can't be measured: what
// a figure is worth depends on the machine, whose load stands beside it.
func TestFigures(t *testing.T) {
	if !*figures {
		t.Log(`"make bench-media" runs this`)
		return
	}
	s := serve(t)
	var all table
	all = append(all, s.costOfACall(t)...)
	all = append(all, s.glassToGlass(t)...)
	all = append(all, s.firstPicture(t)...)
	all = append(all, s.betweenBrowsers(t)...)
	all = append(all, s.manyCalls(t)...)
	fmt.Printf("\n%s", all)
}

// numbered tells the calls of a run apart.
const (
	costCall  = 1000
	glassCall = 2000
	firstCall = 3000
	pagesCall = 4000
	manyCall  = 5000
)

// costOfACall measures the server before, with one call, and then with some more.
func (s *server) costOfACall(t *testing.T) (rows table) {
	t.Run("cost", func(t *testing.T) {
		film := makeClip(t)
		before, ownBefore := s.memory()
		c := s.call(t, costCall)
		talk(t, c, film)
		cores := s.busy()
		after, own := s.memory()
		for i := range further {
			s.flows(t, s.call(t, costCall+1+i), film)
		}
		s.busy()
		with, _ := s.memory()
		rows = table{
			{what: "one call, RTMP and WebRTC: CPU", budget: 10, figure: 100 * cores, unit: "% of a core", load: load(t)},
			{
				what: "one call, RTMP and WebRTC: memory", budget: 8, figure: mb(after - before), unit: "MB", load: load(t),
				note: fmt.Sprintf("the first call of a process that had %.1f MB; %.1f MB without pages of the program's file", mb(before), mb(own-ownBefore)),
			},
			{
				what: "one more call: memory", budget: 8, figure: mb(with-after) / further, unit: "MB", load: load(t),
				note: fmt.Sprintf("of %d beside the first", further),
			},
		}
	})
	return rows
}

// busy returns how many cores the server takes, when everything has settled.
func (s *server) busy() float64 {
	s.t.Helper()
	settled := <-time.After(warmUp)
	cpu := s.cpu()
	end := <-time.After(measuring)
	return float64(s.cpu()-cpu) / float64(end.Sub(settled))
}

// way is one of those to see the clock.
type way struct {
	name     string
	watch    func(*testing.T) delays
	p50, p95 []time.Duration // of each round
	loads    []string
}

// look is a round.
func (w *way) look(t *testing.T) {
	seen := w.watch(t)
	w.p50, w.p95 = append(w.p50, percentile(seen, 50)), append(w.p95, percentile(seen, 95))
	w.loads = append(w.loads, load(t))
	round := len(w.loads) - 1
	fmt.Printf("%s: p50 %v, p95 %v of %d pictures at load %s\n", w.name, w.p50[round], w.p95[round], len(seen), w.loads[round])
}

// usual and late are the medians of the rounds in ms.
func (w *way) usual() float64 { return ms(median(w.p50)) }
func (w *way) late() float64  { return ms(median(w.p95)) }

func (w *way) load() string { return strings.Join(w.loads, ", ") }

// glassToGlass sends the clock the different ways from ffmpeg.
func (s *server) glassToGlass(t *testing.T) (rows table) {
	t.Run("glass", func(t *testing.T) {
		hooks := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})) // says yes to all
		defer hooks.Close()
		nginx := mediatest.StartNginx(t, "../../deploy/nginx-rtmp.conf", strings.TrimPrefix(hooks.URL, "http://"), "bench")
		browser, c := openPage(t), s.call(t, glassCall)
		push := by(t, protocol.StreamRTMP, c.claimant.Push)
		ways := []*way{
			{name: "pipe", watch: throughPipe},
			{name: "nginx-rtmp", watch: func(t *testing.T) delays {
				return throughRTMP(t, nginx.RTMP+"/live/clock", nginx.RTMP+"/live/clock")
			}},
			{name: "relay", watch: func(t *testing.T) delays {
				return throughRTMP(t, push, by(t, protocol.StreamRTMP, c.adjuster.Play))
			}},
			{name: "WHEP", watch: func(t *testing.T) delays {
				pushClock(t, push, nil)
				return browser.watches(by(t, protocol.StreamWHEP, c.adjuster.Play)).Delays
			}},
		}
		for range rounds {
			for _, w := range ways {
				t.Run(w.name, func(t *testing.T) { w.look(t) })
			}
		}
		rows = compare(ways[0], ways[1], ways[2], ways[3])
	})
	return rows
}

func compare(pipe, nginx, relay, whep *way) table {
	const above = 150
	return table{
		{
			what: "RTMP to RTMP, beside nginx-rtmp", budget: nginx.usual(), figure: relay.usual(), unit: "ms", load: relay.load(),
			note: fmt.Sprintf("p50; p95 %.0f beside %.0f; the pipe has %.0f and %.0f", relay.late(), nginx.late(), pipe.usual(), pipe.late()),
		},
		{
			what: "RTMP to browser by WHEP, beside the pipe", budget: pipe.usual() + above, figure: whep.usual(), unit: "ms", load: whep.load(),
			note: fmt.Sprintf("p50, %+.0f ms to the pipe; p95 %.0f", whep.usual()-pipe.usual(), whep.late()),
		},
	}
}

// firstPicture opens a stream again and again.
func (s *server) firstPicture(t *testing.T) (rows table) {
	t.Run("first picture", func(t *testing.T) {
		browser, c := openPage(t), s.call(t, firstCall)
		pushClock(t, by(t, protocol.StreamRTMP, c.claimant.Push), nil)
		play := job{Play: by(t, protocol.StreamWHEP, c.adjuster.Play)}
		browser.does(play) // which waits for the publisher, and warms the browser up
		var all delays
		for range openings {
			all = append(all, time.Duration(browser.does(play).First)*time.Millisecond)
		}
		rows = table{{
			what: "first picture by WHEP", budget: 500, figure: ms(median(all)), unit: "ms", load: load(t),
			note: fmt.Sprintf("p50 of %d, from the click to the picture; slowest %.0f ms", openings, ms(percentile(all, 100))),
		}}
	})
	return rows
}

// betweenBrowsers has one browser publish and another play.
func (s *server) betweenBrowsers(t *testing.T) (rows table) {
	t.Run("browsers", func(t *testing.T) {
		publisher, player, c := openPage(t), openPage(t), s.call(t, pagesCall)
		publisher.does(job{Push: by(t, protocol.StreamWHIP, c.adjuster.Push)})
		w := way{name: "browser to browser", watch: func(*testing.T) delays {
			return player.watches(by(t, protocol.StreamWHEP, c.claimant.Play)).Delays
		}}
		for range rounds {
			w.look(t)
		}
		rows = table{{
			what: "browser to browser, p95", budget: 100, figure: w.late(), unit: "ms", load: w.load(),
			note: fmt.Sprintf("p50 %.0f ms", w.usual()),
		}}
	})
	return rows
}
