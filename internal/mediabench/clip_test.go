package mediabench

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/pion/webrtc/v4/pkg/media/h264reader"
	"github.com/pion/webrtc/v4/pkg/media/oggreader"

	"github.com/claimcall/claimcall/internal/mediatest"
)

// The film that is published, as a mini-program would: 360 by 640 at 15 frames a second, within 500 kbit/s. Eight seconds
// are a whole number of frames of each kind, so that it can go round. Each second begins with a key frame; a beep follows. In
// between there is the noise of a quiet room: silence costs less to encode than what microphones hear.
const (
	clipSeconds  = 8
	clipFPS      = 15
	clipFrame    = time.Second / clipFPS
	clipOpus     = 20 * time.Millisecond
	beepAt       = 200 * time.Millisecond // after each key frame
	soundRate    = 48000
	aacSamples   = 1024
	clipPictures = clipSeconds * clipFPS
	clipAAC      = clipSeconds * soundRate / aacSamples
	clipPackets  = clipSeconds * time.Second / clipOpus
)

// clip is the film, encoded: NAL units of each picture, without start codes, and both kinds of sound.
type clip struct {
	pictures  [][][]byte
	aac, opus [][]byte
}

func makeClip(t *testing.T) clip {
	t.Helper()
	dir := t.TempDir()
	video, aac, opus := filepath.Join(dir, "v.h264"), filepath.Join(dir, "a.aac"), filepath.Join(dir, "a.ogg")
	ffmpeg(t, "-f", "lavfi", "-t", "9", "-i", "testsrc2=size=360x640:rate=15",
		"-f", "lavfi", "-t", "9", "-i", "aevalsrc='0.5*sin(2*PI*1000*t)*between(mod(t,1),0.2,0.3)+0.01*(random(0)-0.5)':sample_rate=48000",
		"-map", "0:v", "-c:v", "libx264", "-preset", "veryfast", "-tune", "zerolatency", "-profile:v", "baseline",
		"-pix_fmt", "yuv420p", "-bf", "0", "-g", "15", "-b:v", "500k", "-maxrate", "500k", "-bufsize", "500k",
		"-x264-params", "sliced-threads=0:scenecut=0", "-bsf:v", "h264_metadata=aud=insert", video,
		"-map", "1:a", "-ac", "1", "-c:a", "aac", "-b:a", "48k", aac,
		"-map", "1:a", "-ac", "1", "-c:a", "libopus", "-b:a", "32k", "-page_duration", "20000", opus)
	return clip{readPictures(t, video)[:clipPictures], readADTS(t, aac)[:clipAAC], readOgg(t, opus)[:clipPackets]}
}

// ffmpeg runs to its end. Without it the test is skipped, but not where CI promises that it is there.
func ffmpeg(t *testing.T, args ...string) {
	t.Helper()
	path := mediatest.Need(t, "ffmpeg")
	out, err := exec.Command(path, append([]string{"-nostdin", "-v", "error"}, args...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("ffmpeg: %v: %s", err, out)
	}
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// readPictures cuts a stream into pictures, each of which begins with a delimiter.
func readPictures(t *testing.T, path string) (pictures [][][]byte) {
	t.Helper()
	r, err := h264reader.NewReader(bytes.NewReader(readFile(t, path)))
	if err != nil {
		t.Fatal(err)
	}
	for {
		nal, err := r.NextNAL()
		if err != nil {
			return pictures
		}
		switch nal.UnitType {
		case h264reader.NalUnitTypeAUD:
			pictures = append(pictures, nil)
		case h264reader.NalUnitTypeSEI:
		default:
			last := len(pictures) - 1
			pictures[last] = append(pictures[last], slices.Clone(nal.Data))
		}
	}
}

// readADTS takes the header off each frame of AAC.
func readADTS(t *testing.T, path string) (frames [][]byte) {
	t.Helper()
	const header = 7
	for data := readFile(t, path); len(data) > header; {
		size := int(data[3]&3)<<11 | int(data[4])<<3 | int(data[5])>>5
		frames = append(frames, data[header:size])
		data = data[size:]
	}
	return frames
}

func readOgg(t *testing.T, path string) (packets [][]byte) {
	t.Helper()
	r, _, err := oggreader.NewWith(bytes.NewReader(readFile(t, path)))
	if err != nil {
		t.Fatal(err)
	}
	for {
		page, _, err := r.ParseNextPage()
		if err != nil {
			return packets
		}
		if !bytes.HasPrefix(page, []byte("OpusTags")) {
			packets = append(packets, page)
		}
	}
}
