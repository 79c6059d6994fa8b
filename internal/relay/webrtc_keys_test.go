package relay

import (
	"testing"
	"testing/synctest"
	"time"
)

// opening is what a newcomer would get now.
func (s *stream) opening() []packet {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cache.opening()
}

func TestKeyFramesAreAskedForInMeasure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		var k keys
		k.want() // nobody can be asked yet
		k.offer(func() { asked++ })
		for range 10 {
			k.want()
		}
		time.Sleep(keyPause)
		k.want()
		if asked != 2 {
			t.Errorf("asked %d times", asked)
		}
	})
}

func TestKeyFramesForThoseWhoCannotAsk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		var k keys
		k.offer(func() { asked++ })
		k.wantRegularly()
		if asked != 0 {
			t.Error("asked for nobody")
		}
		done := k.need()
		for range 20 { // ten seconds
			k.wantRegularly()
			time.Sleep(ingestTick)
		}
		if asked != 5 {
			t.Errorf("asked %d times", asked)
		}
		done()
		time.Sleep(keyEvery)
		k.wantRegularly()
		if asked != 5 {
			t.Error("asked after they had gone")
		}
	})
}

// A newcomer gets the last group of pictures if that is short, else a key frame of its own.
func TestNewcomersOfALongGroup(t *testing.T) {
	s := testStream(Limits{})
	asked := 0
	s.takesRequests(func() { asked++ })
	writeAll(t, s, videoConfig(1), keyFrame(0, 10), interFrame(openingMS, 10))
	s.wantPicture()
	if got := script(s.opening()); got != "V K I" || asked != 0 {
		t.Errorf("%s, asked %d times", got, asked)
	}
	writeAll(t, s, interFrame(openingMS+40, 10))
	s.wantPicture()
	if got := script(s.opening()); got != "V" || asked != 1 {
		t.Errorf("%s, asked %d times", got, asked)
	}
	writeAll(t, s, keyFrame(openingMS+80, 10))
	if got := script(s.opening()); got != "V K" {
		t.Errorf("%s after the new key frame", got)
	}
}

func TestRequestsOfViewersReachThePublisher(t *testing.T) {
	s := serveWeb(t, Config{Gate: openGate()})
	publisher, viewer := s.browser(t), s.browser(t)
	wantStatus(t, publisher.publishes("/whip/s", stills()), 201)
	res, got := viewer.plays("/whep/s")
	wantStatus(t, res, 201)
	ssrc := next(t, got.video).SSRC
	for len(publisher.asked) > 0 { // from before
		<-publisher.asked
	}
	eventually(t, "the publisher is asked", func() bool {
		viewer.asksForKey(ssrc)
		return len(publisher.asked) > 0
	})
}
