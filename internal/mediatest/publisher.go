package mediatest

import (
	"fmt"
	"os/exec"
	"testing"
)

// Publisher is an ffmpeg that pushes a scene, until the other end or the test ends it.
type Publisher struct{ *process }

// Publish begins to push the scene to the RTMP address. Refusal shows as an early end.
func Publish(t testing.TB, url string, scene Scene) *Publisher {
	t.Helper()
	args := []string{
		"-hide_banner", "-nostdin", "-loglevel", "error",
		"-re", "-f", "lavfi", "-i", scene.Picture.source() + "size=180x320:rate=15",
		"-re", "-f", "lavfi", "-i", fmt.Sprintf("sine=frequency=%d:sample_rate=48000", scene.Hz),
		"-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-profile:v", "baseline", "-pix_fmt", "yuv420p",
		"-bf", "0", "-g", "15",
		"-c:a", "aac", "-b:a", "64k",
		"-max_interleave_delta", "1", "-flush_packets", "1", "-f", "flv", url,
	}
	return &Publisher{start(t, exec.Command(Need(t, "ffmpeg"), args...), url)}
}
