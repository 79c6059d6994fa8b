package mediabench

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/claimcall/claimcall/internal/mediatest"
	"github.com/claimcall/claimcall/protocol"
)

const (
	rounds    = 3                // of each way, in turn, so that all meet the same machine
	openings  = 7                // of a stream, to see how soon the first picture is there
	measuring = 20 * time.Second // what a call costs
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
	all = append(all, s.firstPicture(t), s.betweenBrowsers(t))
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

// costOfACall measures the server before, and then with one call.
func (s *server) costOfACall(t *testing.T) (rows table) {
	t.Run("cost", func(t *testing.T) {
		film := makeClip(t)
		before := s.memory()
		c := s.call(t, costCall)
		talk(t, c, film)
		settled := <-time.After(warmUp)
		cpu := s.cpu()
		end := <-time.After(measuring)
		cores := 100 * float64(s.cpu()-cpu) / float64(end.Sub(settled))
		rows = table{
			{what: "one call, RTMP and WebRTC: CPU", budget: 10, figure: cores, unit: "% of a core", load: load(t)},
			{
				what: "one call, RTMP and WebRTC: memory", budget: 8, figure: mb(s.memory() - before), unit: "MB", load: load(t),
				note: fmt.Sprintf("the first call of a process that had %.1f MB", mb(before)),
			},
		}
	})
	return rows
}

// way is one of those to see the clock.
type way struct {
	name  string
	watch func(*testing.T) delays
	seen  delays
	loads []string
}

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

func (w *way) look(t *testing.T) {
	seen := w.watch(t)
	w.seen, w.loads = append(w.seen, seen...), append(w.loads, load(t))
	fmt.Printf("%s: p50 %v, p95 %v of %d pictures at load %s\n", w.name, seen.p50(), seen.p95(), len(seen), load(t))
}

func (w *way) load() string {
	slices.Sort(w.loads)
	return w.loads[0] + " to " + w.loads[len(w.loads)-1]
}

func compare(pipe, nginx, relay, whep *way) table {
	const above = 150
	at := func(w *way) string {
		return fmt.Sprintf("p50; p95 %.0f ms; the pipe has %.0f and %.0f ms", ms(w.seen.p95()), ms(pipe.seen.p50()), ms(pipe.seen.p95()))
	}
	return table{
		{
			what: "RTMP to RTMP, beside nginx-rtmp", budget: ms(nginx.seen.p50()), figure: ms(relay.seen.p50()), unit: "ms", load: relay.load(),
			note: at(relay) + fmt.Sprintf("; nginx-rtmp p95 %.0f ms", ms(nginx.seen.p95())),
		},
		{
			what: "RTMP to browser by WHEP, beside the pipe", budget: ms(pipe.seen.p50()) + above, figure: ms(whep.seen.p50()), unit: "ms",
			load: whep.load(), note: at(whep),
		},
	}
}

// firstPicture opens a stream again and again.
func (s *server) firstPicture(t *testing.T) (r row) {
	t.Run("first picture", func(t *testing.T) {
		browser, c := openPage(t), s.call(t, firstCall)
		pushClock(t, by(t, protocol.StreamRTMP, c.claimant.Push), nil)
		play := job{Play: by(t, protocol.StreamWHEP, c.adjuster.Play)}
		browser.does(play) // which waits for the publisher, and warms the browser up
		var all delays
		for range openings {
			all = append(all, time.Duration(browser.does(play).First)*time.Millisecond)
		}
		r = row{
			what: "first picture by WHEP", budget: 500, figure: ms(all.p50()), unit: "ms", load: load(t),
			note: fmt.Sprintf("p50 of %d, from the click to the picture; slowest %.0f ms", openings, ms(percentile(all, 100))),
		}
	})
	return r
}

// betweenBrowsers has one browser publish and another play.
func (s *server) betweenBrowsers(t *testing.T) (r row) {
	t.Run("browsers", func(t *testing.T) {
		publisher, player, c := openPage(t), openPage(t), s.call(t, pagesCall)
		publisher.does(job{Push: by(t, protocol.StreamWHIP, c.adjuster.Push)})
		w := way{name: "browser to browser", watch: func(*testing.T) delays {
			return player.watches(by(t, protocol.StreamWHEP, c.claimant.Play)).Delays
		}}
		for range rounds {
			w.look(t)
		}
		r = row{
			what: "browser to browser, p95", budget: 100, figure: ms(w.seen.p95()), unit: "ms", load: w.load(),
			note: fmt.Sprintf("p50 %.0f ms", ms(w.seen.p50())),
		}
	})
	return r
}
