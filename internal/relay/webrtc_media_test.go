package relay

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"testing"
)

const testPicture = "testsrc=size=320x240:rate=25"

// decodesFilm has ffmpeg decode a stream of H.264, and wants as many pictures.
func decodesFilm(t *testing.T, film []byte, frames int) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "film.h264")
	if err := os.WriteFile(path, film, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := ffmpeg(t, "-xerror", "-err_detect", "explode", "-i", path, "-f", "framecrc", "-")
	out := &bytes.Buffer{}
	cmd.Stdout = out
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: %s", err, cmd.Stderr)
	}
	if n := bytes.Count(out.Bytes(), []byte("\n0,")); n < frames-2 {
		t.Errorf("%d pictures of %d: %s", n, frames, cmd.Stderr)
	}
}

func TestBrowserToBrowser(t *testing.T) {
	s := serveWeb(t, Config{Gate: signedGate("ok")})
	wantStatus(t, s.browser(t).publishes("/whip/s?txSecret=ok", makeClip(t, testPicture, "440")), http.StatusCreated)
	viewer := s.browser(t)
	res, got := viewer.plays("/whep/s?txSecret=ok")
	wantStatus(t, res, http.StatusCreated)
	decodesFilm(t, film(t, got.video, 50), 50)
	next(t, got.audio)
}

func TestRTMPToBrowser(t *testing.T) {
	s := serveWeb(t, Config{Gate: signedGate("ok")})
	s.ffmpegPublishes(t, "s?txSecret=ok", true, true)
	res, got := s.browser(t).plays("/whep/s?txSecret=ok")
	wantStatus(t, res, http.StatusCreated)
	decodesFilm(t, film(t, got.video, 50), 50)
	next(t, got.audio)
}

func TestBrowserToRTMPAndFLV(t *testing.T) {
	s := serveWeb(t, Config{Gate: signedGate("ok")})
	wantStatus(t, s.browser(t).publishes("/whip/s?txSecret=ok", makeClip(t, testPicture, "440")), http.StatusCreated)
	t.Run("viewers", func(t *testing.T) {
		for name, address := range map[string]string{
			"rtmp": "rtmp://" + s.rtmp + "/live/s?txSecret=ok",
			"flv":  s.http + "/live/s.flv?txSecret=ok",
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				decodes(t, address, nil, true, true)
			})
		}
	})
}
