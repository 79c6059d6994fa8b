package mediabench

import (
	"io"
	"os"
	"os/exec"
	"testing"
	"time"
)

// How the clock is published, and for how long it is watched.
const (
	glassFPS = 30
	warmUp   = 3 * time.Second // until everybody has caught up
	watching = 6 * time.Second
)

// run starts a program that is ended with the test.
func run(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
}

// pipe returns both ends of a pipe, which close with the test.
func pipe(t *testing.T) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		r.Close()
		w.Close()
	})
	return r, w
}

// pushClock has ffmpeg push the clock, and silence, to an address. Its standard output, which pipe:1 means, goes to out.
func pushClock(t *testing.T, address string, out *os.File) {
	t.Helper()
	w := newWorkers(t)
	picture, pictures := pipe(t)
	sound, sounds := pipe(t)
	cmd := exec.Command("ffmpeg", "-nostdin", "-v", "error",
		"-probesize", "32", "-analyzeduration", "0", "-f", "rawvideo", "-pix_fmt", "gray", "-s", "320x240", "-r", "30", "-i", "pipe:0",
		"-probesize", "32", "-analyzeduration", "0", "-f", "s16le", "-ar", "48000", "-ac", "1", "-i", "pipe:3",
		"-map", "0:v", "-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-profile:v", "baseline",
		"-pix_fmt", "yuv420p", "-bf", "0", "-g", "60", "-map", "1:a", "-c:a", "aac", "-b:a", "48k",
		"-max_interleave_delta", "1", "-flush_packets", "1", "-f", "flv", address)
	cmd.Stdin, cmd.Stdout, cmd.ExtraFiles = picture, out, []*os.File{sound}
	run(t, cmd)
	picture.Close()
	sound.Close()
	start := time.Now()
	frame, silence := make([]byte, clockWidth*clockHeight), make([]byte, 2*soundRate/50)
	w.pace(start, glassFPS, 1, func(int) bool {
		paintClock(frame, time.Now())
		_, err := pictures.Write(frame)
		return err == nil
	})
	w.pace(start, 50, 1, func(int) bool {
		_, err := sounds.Write(silence)
		return err == nil
	})
}

// watchClock has ffmpeg play an address, or a pipe, and returns how old the clock was. A server may send a player away
// who is there before the publisher.
func watchClock(t *testing.T, address string, in *os.File) delays {
	t.Helper()
	for late := time.Now().Add(patience); time.Now().Before(late); {
		if seen := watchOnce(t, address, in); seen != nil {
			return seen
		}
	}
	t.Fatal("nothing to be seen")
	return nil
}

func watchOnce(t *testing.T, address string, in *os.File) (seen delays) {
	t.Helper()
	cells, out := pipe(t)
	cmd := exec.Command("ffmpeg", "-nostdin", "-v", "error",
		"-threads", "1", "-fflags", "nobuffer", "-flags", "low_delay", "-probesize", "32", "-analyzeduration", "0", "-i", address,
		"-map", "0:v", "-vf", "crop=320:160:0:0,scale=8:4:flags=area", "-pix_fmt", "gray", "-fps_mode", "passthrough",
		"-flush_packets", "1", "-f", "rawvideo", "pipe:1")
	cmd.Stdin, cmd.Stdout = in, out
	run(t, cmd)
	out.Close()
	if err := cells.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	picture := make([]byte, clockColumns*clockRows)
	for begin := time.Now(); time.Since(begin) < warmUp+watching; {
		if _, err := io.ReadFull(cells, picture); err != nil {
			return nil
		}
		now := time.Now()
		if age, ok := delay(picture, now); ok && now.Sub(begin) > warmUp {
			seen = append(seen, age)
		}
	}
	return seen
}

// throughPipe watches the clock with nothing between the two ffmpegs.
func throughPipe(t *testing.T) delays {
	r, w := pipe(t)
	pushClock(t, "pipe:1", w)
	w.Close()
	return watchClock(t, "pipe:0", r)
}

// throughRTMP watches the clock through a server.
func throughRTMP(t *testing.T, push, play string) delays {
	pushClock(t, push, nil)
	return watchClock(t, play, nil)
}
