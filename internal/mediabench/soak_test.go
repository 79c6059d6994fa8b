package mediabench

import (
	"fmt"
	"testing"
	"time"

	"github.com/claimcall/claimcall/protocol"
)

// What a soak is measured by.
const (
	soakDrift  = 80 * time.Millisecond // of sound beside picture, and of both beside the wall
	soakGrowth = 4 << 20               // bytes that memory may grow after the first minutes, besides a tenth of it
	soakParts  = 20                    // in which the run is looked at
)

// TestSoak holds one call, RTMP at one side and WebRTC at the other, for as long as -soak says. The clip that both push has
// a key frame and a beep in each second, by which the far side tells how far they have drifted apart.
// Two hours is the longest that the server lets a call be.
func TestSoak(t *testing.T) {
	if *soak == 0 {
		t.Log(`"make soak" runs this`)
		return
	}
	s := serve(t)
	toWeb, toPhone := talk(t, s.call(t, 0), makeClip(t))
	sides := []side{{name: "RTMP to WHEP", lips: toWeb}, {name: "WHIP to RTMP", lips: toPhone}}
	var memory []int
	var held stalls
	held.watch(newWorkers(t))
	fmt.Println("| after | load | held up | memory | RTMP to WHEP: stamped, arrived, wall | WHIP to RTMP: stamped, arrived, wall |\n|---|---|---|---|---|---|")
	tick := time.NewTicker(*soak / soakParts)
	defer tick.Stop()
	for part, begin := 1, time.Now(); part <= soakParts; part++ {
		end := <-tick.C
		now, _ := s.memory()
		memory = append(memory, now)
		line := fmt.Sprintf("| %v | %s | %.2f s | %.1f MB |", time.Duration(part)**soak/soakParts, load(t), held.longest().Seconds(), mb(now))
		for i := range sides {
			line += sides[i].look(begin)
		}
		fmt.Println(line)
		begin = end
	}
	checkFlat(t, memory)
	for _, side := range sides {
		side.check(t)
	}
}

func mb(bytes int) float64 { return float64(bytes) / (1 << 20) }

// talk has both sides of a call push the clip and play what the other pushes.
func talk(t *testing.T, c call, film clip) (toWeb, toPhone *lips) {
	t.Helper()
	toWeb, toPhone = &lips{ear: ear{decode: decodeOpus(t)}}, &lips{ear: ear{decode: decodeAAC(t, 1)}}
	publishRTMP(t, by(t, protocol.StreamRTMP, c.claimant.Push), film)
	publishWeb(t, by(t, protocol.StreamWHIP, c.adjuster.Push), film)
	playWeb(t, by(t, protocol.StreamWHEP, c.adjuster.Play), toWeb.see)
	playRTMP(t, by(t, protocol.StreamRTMP, c.claimant.Play), toPhone.see)
	return toWeb, toPhone
}

// side is one direction of the call over time.
type side struct {
	name  string
	lips  *lips
	parts []skew
}

// look notes how the direction has done since begin, and says so in a column.
func (s *side) look(begin time.Time) string {
	now := s.lips.since(begin)
	s.parts = append(s.parts, now)
	first := s.parts[0]
	return fmt.Sprintf(" %+.0f, %+.0f, %+.0f ms |", ms(now.stamped-first.stamped), ms(now.came), ms(now.wall-first.wall))
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// check wants that most seconds came whole and that nothing has drifted since the first part.
func (s *side) check(t *testing.T) {
	t.Helper()
	first, most := s.parts[0], skew{}
	for part, now := range s.parts {
		if least := int(*soak/soakParts/time.Second) / 2; now.seconds < least {
			t.Errorf("%s: in part %d only %d seconds had picture and sound", s.name, part+1, now.seconds)
		}
		most.stamped = max(most.stamped, (now.stamped - first.stamped).Abs())
		most.came = max(most.came, (now.came - first.came).Abs())
		most.wall = max(most.wall, (now.wall - first.wall).Abs())
	}
	fmt.Printf("%s: drift at most %.1f ms by time stamps, %.1f ms as it arrives, %.1f ms beside the wall; longest gap %.2f s\n",
		s.name, ms(most.stamped), ms(most.came), ms(most.wall), s.lips.pauses.longest(time.Now()).Seconds())
	if drift := max(most.stamped, most.came, most.wall); drift >= soakDrift {
		t.Errorf("%s: drifts by %v", s.name, drift)
	}
}

// checkFlat wants that memory is no more at the end than after the first minutes.
func checkFlat(t *testing.T, memory []int) {
	t.Helper()
	const part = soakParts / 4
	early, late := middle(memory[part:2*part]), middle(memory[3*part:])
	fmt.Printf("memory: %.1f MB in the second quarter, %.1f MB in the last\n", mb(early), mb(late))
	if late > early+early/10+soakGrowth {
		t.Errorf("memory grows from %.1f to %.1f MB", mb(early), mb(late))
	}
}

// middle is the median.
func middle(values []int) int {
	all := make([]time.Duration, len(values))
	for i, v := range values {
		all[i] = time.Duration(v)
	}
	return int(median(all))
}
