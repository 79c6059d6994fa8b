package relay

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	mp4 "github.com/abema/go-mp4"
	"github.com/bluenviron/gortmplib/pkg/message"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
	"github.com/pion/webrtc/v4/pkg/media/oggwriter"
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
	hearsTone(t, got.audio)
}

// The answer to a viewer says what the publisher really sends, if the viewer offers it.
func TestViewersAreToldTheProfile(t *testing.T) {
	for profile, want := range map[string]string{"baseline": constrainedBaseline, "main": main, "high": high} {
		t.Run(profile, func(t *testing.T) {
			t.Parallel()
			s := serveWeb(t, Config{Gate: openGate()})
			s.publishesFrom(t, "s", "-c:v", "libx264", "-tune", "zerolatency", "-profile:v", profile, "-bf", "0", "-g", "25",
				"-pix_fmt", "yuv420p", "-c:a", "aac")
			b := s.browser(t)
			formats := make(chan string, 2)
			res, got := b.plays("/whep/s")
			wantStatus(t, res, http.StatusCreated)
			next(t, got.video)
			for _, receiver := range b.pc.GetReceivers() {
				if track := receiver.Track(); track != nil && track.Kind() == webrtc.RTPCodecTypeVideo {
					formats <- track.Codec().SDPFmtpLine
				}
			}
			if format := <-formats; format != h264Format(want) {
				t.Errorf("it came as %s", format)
			}
		})
	}
}

// hearsTone wants two seconds of a tone.
func hearsTone(t *testing.T, from <-chan *rtp.Packet) {
	t.Helper()
	heard, pcm := filepath.Join(t.TempDir(), "heard.ogg"), filepath.Join(t.TempDir(), "pcm")
	file, err := oggwriter.New(heard, opusRate, 2)
	if err != nil {
		t.Fatal(err)
	}
	for range 100 {
		if err := file.WriteRTP(next(t, from)); err != nil {
			t.Fatal(err)
		}
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	cmd := ffmpeg(t, "-i", heard, "-ac", "1", "-f", "s16le", pcm)
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: %s", err, cmd.Stderr)
	}
	checkTone(t, pcm)
}

func TestBrowserToRTMPAndFLV(t *testing.T) {
	s := serveWeb(t, Config{Gate: signedGate("ok")})
	wantStatus(t, s.browser(t).publishes("/whip/s?txSecret=ok", makeClip(t, testPicture, "440")), http.StatusCreated)
	for name, address := range map[string]string{
		"rtmp": "rtmp://" + s.rtmp + "/live/s?txSecret=ok",
		"flv":  s.http + "/live/s.flv?txSecret=ok",
	} {
		t.Run(name, func(t *testing.T) { decodesAtLeast(t, address, nil, 10, true) })
	}
}

// publishesFrom has ffmpeg publish with other options for the encoders than usual.
func (s *server) publishesFrom(t *testing.T, key string, options ...string) {
	t.Helper()
	args := []string{"-re", "-f", "lavfi", "-i", testPicture, "-re", "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000"}
	args = append(append(args, options...), "-flush_packets", "1", "-f", "flv", "rtmp://"+s.rtmp+"/live/"+key)
	cmd := ffmpeg(t, args...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
}

func TestBFramesAreForFLV(t *testing.T) {
	s := serveWeb(t, Config{Gate: openGate()})
	s.publishesFrom(t, "s", "-c:v", "libx264", "-preset", "veryfast", "-bf", "2", "-g", "25", "-pix_fmt", "yuv420p", "-c:a", "aac")
	res := s.offering(t, Play).post("/whep/s")
	wantStatus(t, res, http.StatusNotAcceptable)
	decodes(t, s.http+"/live/s.flv", nil, true, true)
}

func TestMP3IsForFLV(t *testing.T) {
	s := serveWeb(t, Config{Gate: openGate()})
	s.publishesFrom(t, "s", "-c:v", "libx264", "-tune", "zerolatency", "-pix_fmt", "yuv420p", "-c:a", "libmp3lame", "-ar", "44100")
	wantStatus(t, s.offering(t, Play).post("/whep/s"), http.StatusNotAcceptable)
}

// A viewer who comes in the middle of a group gets it at once, in the time up to now, and not from now on.
func TestNewcomerCatchesUp(t *testing.T) {
	s := serveWeb(t, Config{Gate: openGate()})
	p := s.publishes("s")
	sps, pps := []byte{0x67, 66, 0xC0, 31}, []byte{0x68, 0xCE}
	send(t, p, &message.Video{
		ChunkStreamID: message.VideoChunkStreamID, MessageStreamID: messageStream, Codec: message.CodecH264,
		IsKeyFrame: true, Type: message.VideoTypeConfig,
		AVCConfig: &mp4.AVCDecoderConfiguration{
			AnyTypeBox: mp4.AnyTypeBox{Type: mp4.BoxTypeAvcC()}, ConfigurationVersion: 1, Profile: sps[1], Level: sps[3],
			LengthSizeMinusOne: 3, NumOfSequenceParameterSets: 1, NumOfPictureParameterSets: 1,
			SequenceParameterSets: []mp4.AVCParameterSet{{Length: uint16(len(sps)), NALUnit: sps}},
			PictureParameterSets:  []mp4.AVCParameterSet{{Length: uint16(len(pps)), NALUnit: pps}},
		},
	})
	const frames = 50
	for i := range frames {
		nal := []byte{0, 0, 0, 2, 0x41, 1}
		if i == 0 {
			nal[4] = 0x65
		}
		send(t, p, h264Frame(time.Duration(i)*clipFrame, i == 0, string(nal)))
	}
	eventually(t, "all has arrived", func() bool {
		st := s.names.acquire("s")
		defer s.names.release(st)
		return len(st.opening()) == frames+1
	})
	res, got := s.browser(t).plays("/whep/s")
	wantStatus(t, res, http.StatusCreated)
	first := next(t, got.video)
	last := first
	for count := 1; count < frames+2; count++ { // SPS and PPS as well
		last = next(t, got.video)
	}
	if span := last.Timestamp - first.Timestamp; span != (frames-1)*40*90/catchUp {
		t.Errorf("%d frames of 40 ms are %d ticks long", frames, span)
	}
}
