package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/claimcall/claimcall/protocol"
)

const (
	// goodbye is how long ffmpeg gets to finish its file.
	goodbye = 3 * time.Second
	// again is the pause before ffmpeg is started again, for example because the other side does not send yet.
	again = time.Second
	// brief is how long an ffmpeg runs at most that could not publish, or not for long.
	brief = 2 * time.Second
	// briefRuns in a row mean that the media service can't be reached.
	briefRuns = 2
)

// mediaPossible says what is missing before the call begins.
func mediaPossible(push, play string) error {
	if push == "" && play == "" {
		return nil
	}
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		return errors.New("--push and --play need ffmpeg, which is not installed")
	}
	if push != "" && push != testPicture {
		if _, err := os.Stat(push); err != nil {
			return fmt.Errorf("--push: %w", err)
		}
	}
	return nil
}

// media moves picture and sound with ffmpeg, in the newest generation of streams. One goroutine uses it.
type media struct {
	push, play string
	note       func(string)
	failed     chan int // generations that could not be published

	generation int
	recordings int
	end        context.CancelFunc // of what runs; nil when nothing does
	running    sync.WaitGroup
}

func newMedia(push, play string, note func(string)) *media {
	return &media{push: push, play: play, note: note, failed: make(chan int, 1)}
}

// use moves over to streams, unless they are what is used already or older.
func (m *media) use(s protocol.Streams) {
	if s.Generation <= m.generation {
		return
	}
	m.stop()
	m.generation = s.Generation
	ctx, cancel := context.WithCancel(context.Background())
	m.end = cancel
	if url, ok := pick(s.Push); ok && m.push != "" {
		m.running.Go(func() { m.publish(ctx, s.Generation, pushing(m.push, url)) })
	}
	if url, ok := pick(s.Play); ok && m.play != "" {
		m.running.Go(func() { m.keep(ctx, func() []string { return recording(url, m.nextRecording()) }) })
	}
}

// stop ends what runs and waits for it.
func (m *media) stop() {
	if m.end != nil {
		m.end()
		m.running.Wait()
		m.end = nil
	}
}

// pick returns the best URL that ffmpeg can speak to.
func pick(urls []protocol.StreamURL) (string, bool) {
	for _, u := range urls {
		if u.Protocol == protocol.StreamRTMP || u.Protocol == protocol.StreamFLV {
			return u.URL, true
		}
	}
	return "", false
}

// nextRecording returns a name that is not taken by a recording of this call: FILE, then FILE-2, and so on.
func (m *media) nextRecording() string {
	if info, err := os.Stat(m.recording()); m.recordings == 0 || err == nil && info.Size() > 0 {
		m.recordings++
	}
	return m.recording()
}

func (m *media) recording() string {
	if m.recordings < 2 {
		return m.play
	}
	ext := filepath.Ext(m.play)
	return fmt.Sprintf("%s-%d%s", strings.TrimSuffix(m.play, ext), m.recordings, ext)
}

// publish keeps ffmpeg publishing, and says once if that is of no use. Playing is no such sign: the other side may not
// be publishing.
func (m *media) publish(ctx context.Context, generation int, arguments []string) {
	briefly, begun := 0, time.Now()
	m.keep(ctx, func() []string {
		if briefly++; time.Since(begun) > again+brief {
			briefly = 1 // the run before was a long one
		}
		if briefly == briefRuns+1 {
			m.report(generation)
		}
		begun = time.Now()
		return arguments
	})
}

// report makes the newest failure known.
func (m *media) report(generation int) {
	select {
	case <-m.failed:
	default:
	}
	m.failed <- generation
}

// keep runs ffmpeg, again and again if it ends by itself, until ctx ends.
func (m *media) keep(ctx context.Context, arguments func() []string) {
	for ctx.Err() == nil {
		m.ffmpeg(ctx, arguments())
		select {
		case <-time.After(again):
		case <-ctx.Done():
		}
	}
}

// ffmpeg runs until it ends or ctx does. Interrupted, it still writes what makes its file complete.
func (m *media) ffmpeg(ctx context.Context, arguments []string) {
	cmd := exec.CommandContext(ctx, "ffmpeg", append([]string{"-nostdin", "-hide_banner", "-loglevel", "error", "-y"}, arguments...)...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = goodbye
	errors, err := cmd.StderrPipe()
	if err != nil {
		m.note("ffmpeg: " + err.Error())
		return
	}
	if err := cmd.Start(); err != nil {
		m.note("ffmpeg: " + err.Error())
		return
	}
	m.complain(ctx, errors)
	_ = cmd.Wait() // what went wrong has been told
}

// complain passes on what ffmpeg says, without signatures.
func (m *media) complain(ctx context.Context, r io.Reader) {
	queries := regexp.MustCompile(`\?\S+`)
	for lines := bufio.NewScanner(r); lines.Scan(); {
		if ctx.Err() == nil {
			m.note("ffmpeg: " + queries.ReplaceAllString(lines.Text(), "?[secret]"))
		}
	}
}

// testPicture is the name of the moving test picture.
const testPicture = "testsrc"

// pushing are the arguments that send a file, or the test picture, in what every player understands: H.264 and AAC.
func pushing(source, url string) []string {
	input := []string{"-re", "-stream_loop", "-1", "-i", source}
	if source == testPicture {
		input = []string{
			"-re", "-f", "lavfi", "-i", "testsrc2=size=360x640:rate=15",
			"-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000",
		}
	}
	return append(input,
		"-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-pix_fmt", "yuv420p", "-g", "30", "-b:v", "600k",
		"-c:a", "aac", "-b:a", "64k", "-f", "flv", url)
}

// recording are the arguments that write a stream to a file as it comes.
func recording(url, file string) []string { return []string{"-i", url, "-c", "copy", file} }
