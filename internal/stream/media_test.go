//go:build unix

package stream_test

import (
	"testing"
	"time"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/internal/mediatest"
	"github.com/claimcall/claimcall/internal/stream"
)

func TestNginxCarriesACall(t *testing.T) {
	s := newStudio(t)
	zhang, li := s.call("room")

	// The adjuster's player comes before there is anything to play.
	seenByLi := li.plays()
	pushedByZhang := zhang.pushes(mediatest.ClaimantScene())
	pushedByLi := li.pushes(mediatest.AdjusterScene())
	seenByZhang := zhang.plays()

	s.sees(seenByLi, mediatest.ClaimantScene())
	s.sees(seenByZhang, mediatest.AdjusterScene())
	s.hub.hears(t, zhang.own, true)
	s.hub.hears(t, li.own, true)

	s.hub.end("room")
	s.drop(zhang.own)
	s.drop(li.own)
	s.ends("zhang's publisher", pushedByZhang.Ended(), 2*time.Second)
	s.ends("li's publisher", pushedByLi.Ended(), 2*time.Second)
	s.ends("zhang's player", seenByZhang.Ended(), 2*time.Second)
	s.ends("li's player", seenByLi.Ended(), 2*time.Second)
	s.hub.hears(t, zhang.own, false)
	s.hub.hears(t, li.own, false)

	s.ends("a publisher after the end", zhang.pushes(mediatest.ClaimantScene()).Ended(), 10*time.Second)
	s.ends("a player after the end", zhang.plays().Ended(), 10*time.Second)
}

// TestNginxDropsAPlayerThatWaits: its publisher never came. The drop follows so closely that nginx may not have attached the
// player yet.
func TestNginxDropsAPlayerThatWaits(t *testing.T) {
	s := newStudio(t)
	zhang, li := s.call("room")
	player := li.plays()
	s.hub.admits(t, zhang.own, 1)
	s.hub.end("room")
	s.drop(zhang.own)
	s.ends("the player", player.Ended(), 2*time.Second)
}

func TestNginxRefuses(t *testing.T) {
	s := newStudio(t)
	zhang, _ := s.call("room")
	old, _ := s.call("renewed")
	s.call("renewed")
	over, _ := s.call("over")
	s.hub.end("over")

	own, other := zhang.own, zhang.own.Other()
	sign := func(k stream.Keys, d stream.Direction, name call.StreamName, life time.Duration) string {
		query, err := k.Sign(d, name.String(), time.Now().Add(life))
		if err != nil {
			t.Fatal(err)
		}
		return s.signed(name, query)
	}
	ours, forged := keys(t, streamSecret, ""), keys(t, "somebody else's secret", "")
	cases := []struct{ why, push, play string }{
		{"missing", s.signed(own, ""), s.signed(other, "")},
		{"forged", sign(forged, stream.Publish, own, time.Hour), sign(forged, stream.Play, other, time.Hour)},
		{"expired", sign(ours, stream.Publish, own, -time.Minute), sign(ours, stream.Play, other, -time.Minute)},
		{"swapped", sign(ours, stream.Play, own, time.Hour), sign(ours, stream.Publish, other, time.Hour)},
		{"repeated", zhang.push() + "&txTime=FFFFFFFF", zhang.play() + "&txTime=FFFFFFFF"},
		{"injected", zhang.push() + "&name=" + other.String(), zhang.play() + "&name=" + own.String()},
		{"old generation", old.push(), old.play()},
		{"ended call", over.push(), over.play()},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			publisher := mediatest.Publish(t, c.push, mediatest.Scene{Picture: mediatest.Blue, Hz: 440})
			player := mediatest.Play(t, c.play)
			s.ends("a publisher", publisher.Ended(), 10*time.Second)
			s.ends("a player", player.Ended(), 10*time.Second)
			if player.Frames() > 0 {
				t.Error("the player saw something")
			}
		})
	}
	for _, room := range []string{"room", "renewed", "over"} {
		if story := s.hub.story(room); story != "" {
			t.Errorf("the hub was told %q", story)
		}
	}
}

func TestNginxRefusesASecondPublisher(t *testing.T) {
	s := newStudio(t)
	zhang, li := s.call("room")
	first := zhang.pushes(mediatest.ClaimantScene())
	seenByLi := li.plays()
	s.sees(seenByLi, mediatest.ClaimantScene())

	second := zhang.pushes(mediatest.Scene{Picture: mediatest.Blue, Hz: 1000})
	s.ends("the second publisher", second.Ended(), 10*time.Second)

	s.sees(seenByLi, mediatest.ClaimantScene())
	if story := s.hub.story("room"); story != "+room-c-g1" {
		t.Errorf("the hub was told %q", story)
	}
	first.Kill()
	s.hub.hears(t, zhang.own, false)
}

// TestNginxReplacesASilentPublisher: a phone loses its network, and its connection stays open at nginx. The phone does not
// have to wait for that, and nginx notices by itself in the end.
func TestNginxReplacesASilentPublisher(t *testing.T) {
	s := newStudio(t)
	zhang, li := s.call("room")
	lost := zhang.pushes(mediatest.ClaimantScene())
	s.sees(li.plays(), mediatest.ClaimantScene())
	if err := lost.Freeze(); err != nil {
		t.Fatal(err)
	}

	again, liAgain := s.call("room")
	again.pushes(mediatest.ClaimantScene())
	s.sees(liAgain.plays(), mediatest.ClaimantScene())

	s.hub.hears(t, zhang.own, false) // after 10 s without a frame
	switch story := s.hub.story("room"); story {
	case "+room-c-g1 +room-c-g2 -room-c-g1":
	case "+room-c-g1 -room-c-g1 +room-c-g2": // on a machine so busy that the phone needed 10 s to come back
	default:
		t.Errorf("the hub was told %q", story)
	}
}

// TestNginxReplacesAKilledPublisher: an application that crashed may publish under the same name again.
func TestNginxReplacesAKilledPublisher(t *testing.T) {
	s := newStudio(t)
	zhang, li := s.call("room")
	publisher := zhang.pushes(mediatest.ClaimantScene())
	s.sees(li.plays(), mediatest.ClaimantScene())
	publisher.Kill()
	s.hub.hears(t, zhang.own, false)

	zhang.pushes(mediatest.ClaimantScene())
	s.sees(li.plays(), mediatest.ClaimantScene())
	s.hub.hears(t, zhang.own, true)
}
