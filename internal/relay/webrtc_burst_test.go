package relay

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/webrtc/v4"
)

// took returns how long it takes to let so many packets of 1 KiB through.
func took(t *testing.T, b *burst, packets int) time.Duration {
	t.Helper()
	begin := time.Now()
	for range packets {
		if err := b.wait(t.Context(), 1<<10); err != nil {
			t.Fatal(err)
		}
	}
	return time.Since(begin)
}

func TestBurstsArePaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b burst
		if got := took(t, &b, 16); got != 0 {
			t.Errorf("16 KiB waited for %v", got)
		}
		if got := took(t, &b, 1008); got < 240*time.Millisecond || got > 250*time.Millisecond {
			t.Errorf("a megabyte took %v, want a quarter of a second", got)
		}
		time.Sleep(time.Second) // what was not sent then is not sent at once now
		if got := took(t, &b, 100); got < 20*time.Millisecond {
			t.Errorf("after a pause 100 KiB took %v", got)
		}
	})
}

func TestBurstEndsWithItsViewer(t *testing.T) {
	gone := errors.New("gone")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(gone)
	var b burst
	err := b.wait(ctx, 1<<20)
	if err == nil {
		err = b.wait(ctx, 1)
	}
	if !errors.Is(err, gone) {
		t.Errorf("got %v", err)
	}
}

// Only what was before the viewer came is paced: what is live goes at once.
func TestOpeningIsPaced(t *testing.T) {
	track, err := webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeH264}, "video", "s")
	if err != nil {
		t.Fatal(err)
	}
	picture := func(ms int64, key bool) packet {
		nal := append([]byte{0x65}, make([]byte, 100<<10)...)
		return mustPacket(kindVideo, ms, frameBody([][]byte{nal}, key))
	}
	synctest.Test(t, func(t *testing.T) {
		sink := whepSink{video: &rtpOut{track: track}, edge: 40}
		write := func(p packet) time.Duration {
			begin := time.Now()
			if err := sink.write(t.Context(), p, 0); err != nil {
				t.Fatal(err)
			}
			return time.Since(begin)
		}
		if err := sink.write(t.Context(), mustPacket(kindVideo, 0, configBody([]byte{0x67, 66, 0xC0, 31}, []byte{0x68})), 0); err != nil {
			t.Fatal(err)
		}
		if got := write(picture(0, true)) + write(picture(40, false)); got < 40*time.Millisecond {
			t.Errorf("two large pictures of the opening took %v", got)
		}
		if got := write(picture(80, true)); got != 0 {
			t.Errorf("a live one took %v", got)
		}
	})
}
