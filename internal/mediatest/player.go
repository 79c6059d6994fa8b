package mediatest

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"testing"
)

// ErrEnded says that a player ended before it saw what was asked for.
var ErrEnded = errors.New("mediatest: the player has ended")

// freshFrames must come before a picture is judged, so that it is not the last one of something that has stopped.
const freshFrames = 3

// Player is an ffmpeg that plays an address and keeps the newest picture and sound, until the other end or the
// test ends it. Its methods may be called concurrently.
type Player struct {
	*process

	mu      sync.Mutex
	frame   []byte
	frames  int // how many there were so far
	sound   []int16
	samples int
	changed chan struct{} // closed, and made anew, with everything that arrives
}

// Play begins to play the address: RTMP, or FLV over HTTP. Refusal shows as an end without any frame.
func Play(t testing.TB, url string) *Player {
	t.Helper()
	return play(t, "-fflags", "nobuffer", "-flags", "low_delay", "-analyzeduration", "1000000", "-i", url)
}

// play begins to play what the arguments say, of which the last is the address.
func play(t testing.TB, input ...string) *Player {
	t.Helper()
	args := append([]string{"-hide_banner", "-nostdin", "-loglevel", "error"}, input...)
	cmd := exec.Command(Need(t, "ffmpeg"), append(args,
		"-map", "0:v:0", "-vf", fmt.Sprintf("scale=%d:%d", width, height), "-pix_fmt", "rgb24",
		"-fps_mode", "passthrough", "-f", "rawvideo", "pipe:1",
		"-map", "0:a:0", "-ac", "1", "-ar", fmt.Sprint(sampleRate), "-f", "s16le", "pipe:3",
	)...)
	video, videoEnd := pipe(t)
	audio, audioEnd := pipe(t)
	cmd.Stdout, cmd.ExtraFiles = videoEnd, []*os.File{audioEnd}
	p := &Player{process: start(t, cmd, input[len(input)-1]), changed: make(chan struct{})}
	videoEnd.Close()
	audioEnd.Close()
	go p.look(video)
	go p.listen(audio)
	return p
}

// pipe returns both ends of a pipe; the reader closes with the test.
func pipe(t testing.TB) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatalf("mediatest: pipe: %v", err)
	}
	t.Cleanup(func() { r.Close() })
	return r, w
}

func (p *Player) look(video io.Reader) {
	for {
		frame := make([]byte, frameSize)
		if _, err := io.ReadFull(video, frame); err != nil {
			return
		}
		p.keep(func() {
			p.frame = frame
			p.frames++
		})
	}
}

func (p *Player) listen(audio io.Reader) {
	for {
		block := make([]int16, window/8)
		if err := binary.Read(audio, binary.LittleEndian, block); err != nil {
			return
		}
		p.keep(func() {
			p.sound = append(p.sound, block...)
			p.sound = p.sound[max(0, len(p.sound)-window):]
			p.samples += len(block)
		})
	}
}

func (p *Player) keep(change func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change()
	close(p.changed)
	p.changed = make(chan struct{})
}

// Frames returns how many pictures there were so far.
func (p *Player) Frames() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.frames
}

// Watch returns the scene that plays now, once enough of it has arrived after the call.
func (p *Player) Watch(ctx context.Context) (Scene, error) {
	p.mu.Lock()
	frames, samples := p.frames+freshFrames, p.samples+window
	p.mu.Unlock()
	for {
		scene, changed, ok := p.now(frames, samples)
		if ok {
			return scene, nil
		}
		select {
		case <-changed:
		case <-p.done:
			return scene, ErrEnded
		case <-ctx.Done():
			return scene, fmt.Errorf("mediatest: watch: %w", ctx.Err())
		}
	}
}

// now returns the newest scene, if there were that many frames and samples.
func (p *Player) now(frames, samples int) (scene Scene, changed <-chan struct{}, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.frames < frames || p.samples < samples {
		return Scene{}, p.changed, false
	}
	return Scene{Picture: pictureOf(p.frame), Hz: toneOf(p.sound)}, p.changed, true
}

// Sees waits until the player sees and hears the scene. Its error says what was there instead.
func (p *Player) Sees(ctx context.Context, want Scene) error {
	var last Scene
	for {
		scene, err := p.Watch(ctx)
		if err != nil {
			return fmt.Errorf("want %v, last was %v: %w", want, last, err)
		}
		if scene == want {
			return nil
		}
		last = scene
	}
}
