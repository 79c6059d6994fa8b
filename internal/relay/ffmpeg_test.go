package relay

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/claimcall/claimcall/internal/mediatest"
)

// ffmpeg returns a command that ends with the test. Without ffmpeg the test is
// skipped, but not where CI promises that it is there.
func ffmpeg(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	path := mediatest.Need(t, "ffmpeg")
	cmd := exec.CommandContext(t.Context(), path, append([]string{"-hide_banner", "-loglevel", "error", "-nostdin"}, args...)...)
	cmd.Stderr = &bytes.Buffer{}
	return cmd
}

// ffmpegPublishes starts a publisher of a moving picture, a tone, or both.
func (s *server) ffmpegPublishes(t *testing.T, key string, picture, tone bool) {
	t.Helper()
	var in, out []string
	if picture {
		in = append(in, "-re", "-f", "lavfi", "-i", "testsrc=size=320x240:rate=25")
		out = append(out, "-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-profile:v", "baseline", "-pix_fmt", "yuv420p", "-g", "25")
	}
	if tone {
		in = append(in, "-re", "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000")
		out = append(out, "-c:a", "aac", "-b:a", "64k")
	}
	cmd := ffmpeg(t, append(append(in, out...), "-flush_packets", "1", "-f", "flv", "rtmp://"+s.rtmp+"/live/"+key)...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
}

// decodes has ffmpeg decode two seconds of input, and wants the picture to move
// and the tone to be heard.
func decodes(t *testing.T, input string, stdin io.Reader, picture, tone bool) {
	t.Helper()
	pictures := 0
	if picture {
		pictures = 40 // nearly all
	}
	decodesAtLeast(t, input, stdin, pictures, tone)
}

// decodesAtLeast is decodes for what may lose pictures, when the machine is too slow for it.
func decodesAtLeast(t *testing.T, input string, stdin io.Reader, pictures int, tone bool) {
	t.Helper()
	picture := pictures > 0
	frames, sound := filepath.Join(t.TempDir(), "frames"), filepath.Join(t.TempDir(), "sound")
	args := []string{"-analyzeduration", "500000", "-i", input} // in microseconds
	if picture {
		args = append(args, "-t", "2", "-map", "0:v", "-c:v", "rawvideo", "-f", "framecrc", frames)
	}
	if tone {
		args = append(args, "-t", "2", "-map", "0:a", "-f", "s16le", sound)
	}
	cmd := ffmpeg(t, args...)
	cmd.Stdin = stdin
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: %s", err, cmd.Stderr)
	}
	if picture {
		checkPicture(t, frames, pictures)
	}
	if tone {
		checkTone(t, sound)
	}
}

// checkPicture wants that many different frames.
func checkPicture(t *testing.T, path string, least int) {
	t.Helper()
	report, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	different := map[string]bool{}
	for line := range strings.Lines(string(report)) {
		if fields := strings.Split(line, ","); len(fields) >= 6 {
			different[fields[5]] = true
		}
	}
	if len(different) < least {
		t.Errorf("%d different pictures", len(different))
	}
}

func checkTone(t *testing.T, path string) {
	t.Helper()
	pcm, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var sum float64
	for i := 0; i+1 < len(pcm); i += 2 {
		v := float64(int16(binary.LittleEndian.Uint16(pcm[i:])))
		sum += v * v
	}
	const seconds, rate = 1, 48000
	loudness := math.Sqrt(sum / float64(max(len(pcm)/2, 1)))
	if len(pcm) < seconds*rate*2 || loudness < 500 {
		t.Errorf("%d bytes of sound, loudness %.0f", len(pcm), loudness)
	}
}

func TestFFmpegEndToEnd(t *testing.T) {
	for name, tt := range map[string]struct{ picture, tone bool }{
		"both": {true, true}, "picture only": {true, false}, "tone only": {false, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, Config{Gate: signedGate("ok")})
			s.ffmpegPublishes(t, "s?txSecret=ok&txTime=1", tt.picture, tt.tone)
			t.Run("viewers", func(t *testing.T) {
				t.Run("rtmp", func(t *testing.T) {
					t.Parallel()
					decodes(t, "rtmp://"+s.rtmp+"/live/s?txSecret=ok", nil, tt.picture, tt.tone)
				})
				t.Run("flv", func(t *testing.T) {
					t.Parallel()
					decodes(t, s.http+"/live/s.flv?txSecret=ok", nil, tt.picture, tt.tone)
				})
				t.Run("ws-flv", func(t *testing.T) {
					t.Parallel()
					decodes(t, "pipe:0", s.wsFile(t, "/live/s.flv?txSecret=ok"), tt.picture, tt.tone)
				})
			})
		})
	}
}

// wsFile reads a WS-FLV stream as a file.
func (s *server) wsFile(t *testing.T, path string) io.Reader {
	t.Helper()
	conn := s.dialWS(path)
	conn.SetReadLimit(1 << 20)
	r, w := io.Pipe()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			_, b, err := conn.Read(ctx)
			if err == nil {
				_, err = w.Write(b)
			}
			if err != nil {
				_ = w.CloseWithError(err)
				return
			}
		}
	}()
	t.Cleanup(func() {
		cancel()
		_ = r.Close()
		<-done
	})
	return readerOnly{r}
}

// readerOnly hides that the reader is a pipe whose other end lives on.
type readerOnly struct{ io.Reader }

// What ffmpeg says when it is refused shows that it got the message.
func TestFFmpegIsToldOfRefusal(t *testing.T) {
	s := serve(t, Config{Gate: signedGate("ok")})
	cmd := ffmpeg(t, "-f", "lavfi", "-i", "sine", "-c:a", "aac", "-f", "flv", "rtmp://"+s.rtmp+"/live/s?txSecret=wrong")
	if err := cmd.Run(); err == nil {
		t.Fatal("let in")
	}
	if said := cmd.Stderr.(*bytes.Buffer).String(); !strings.Contains(said, "not allowed") {
		t.Fatalf("ffmpeg says %q", said)
	}
}
