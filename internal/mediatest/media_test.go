package mediatest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// record makes a short FLV file of the scene.
func record(t *testing.T, scene Scene) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "scene.flv")
	cmd := exec.Command(Need(t, "ffmpeg"), "-hide_banner", "-nostdin", "-loglevel", "error",
		"-f", "lavfi", "-i", scene.Picture.source()+"size=180x320:rate=15",
		"-f", "lavfi", "-i", fmt.Sprintf("sine=frequency=%d:sample_rate=48000", scene.Hz),
		"-t", "5", "-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-pix_fmt", "yuv420p", "-c:a", "aac", file)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return file
}

func TestPlayerTellsScenesApart(t *testing.T) {
	for _, scene := range []Scene{ClaimantScene(), AdjusterScene(), {Picture: Blue, Hz: 1000}} {
		p := play(t, "-re", "-i", record(t, scene))
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		if err := p.Sees(ctx, scene); err != nil {
			t.Error(err)
		}
		if p.Frames() == 0 {
			t.Error("no frames")
		}
	}
}

func TestPlayerDoesNotSeeWhatIsNotThere(t *testing.T) {
	p := play(t, "-re", "-i", record(t, ClaimantScene()))
	if err := p.Sees(t.Context(), AdjusterScene()); !errors.Is(err, ErrEnded) {
		t.Errorf("got %v", err)
	}
}

func TestPlayerOfNothingEnds(t *testing.T) {
	p := Play(t, filepath.Join(t.TempDir(), "nothing.flv"))
	<-p.Ended()
	if _, err := p.Watch(t.Context()); !errors.Is(err, ErrEnded) || p.Frames() != 0 {
		t.Errorf("got %v, %d frames", err, p.Frames())
	}
}

func TestExchange(t *testing.T) {
	file := filepath.Join(t.TempDir(), "conf")
	if err := os.WriteFile(file, []byte("listen 1; to a/b; again a/b"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := exchange(t, file, map[string]string{"listen 1": "listen 2", "a/b": "c"}); got != "listen 2; to c; again c" {
		t.Errorf("got %s", got)
	}
}
