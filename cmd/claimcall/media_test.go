package main

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/claimcall/claimcall/protocol"
)

func TestPickSpeaksWhatFFmpegSpeaks(t *testing.T) {
	urls := []protocol.StreamURL{
		{Protocol: protocol.StreamWSFLV, URL: "ws://x"}, {Protocol: protocol.StreamFLV, URL: "http://x"}, {Protocol: protocol.StreamRTMP, URL: "rtmp://x"},
	}
	if url, ok := pick(urls); !ok || url != "http://x" {
		t.Errorf("got %q", url)
	}
	if _, ok := pick(urls[:1]); ok {
		t.Error("picked what ffmpeg can't play")
	}
}

func TestRecordingsDoNotOverwriteEachOther(t *testing.T) {
	file := filepath.Join(t.TempDir(), "call.flv")
	m := newMedia("", file, nil)
	want := []string{file, file, strings.TrimSuffix(file, ".flv") + "-2.flv", strings.TrimSuffix(file, ".flv") + "-3.flv"}
	for i, name := range want {
		if got := m.nextRecording(); got != name {
			t.Errorf("%d: got %s, want %s", i, got, name)
		}
		if i > 0 { // the first one recorded nothing
			if err := os.WriteFile(name, []byte("media"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// pretend puts a program in place of ffmpeg.
func pretend(t *testing.T, body string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "ffmpeg"), []byte("#!/bin/sh\n"+body), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
}

// notes collects remarks.
type notes struct {
	mu   sync.Mutex
	all  []string
	came chan struct{}
}

func newNotes() *notes { return &notes{came: make(chan struct{}, 100)} }

func (n *notes) add(text string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.all = append(n.all, text)
	n.came <- struct{}{}
}

func (n *notes) wait(t *testing.T) string {
	t.Helper()
	select {
	case <-n.came:
	case <-time.After(patience):
		t.Fatal("ffmpeg says nothing")
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.all[len(n.all)-1]
}

func streams(generation int) protocol.Streams {
	url := []protocol.StreamURL{{Protocol: protocol.StreamRTMP, URL: "rtmp://h/live/x?txSecret=abc"}}
	return protocol.Streams{Generation: generation, Push: url, Play: url}
}

func TestMediaSaysNoSignatures(t *testing.T) {
	pretend(t, `for last; do :; done; echo "$last: refused" >&2; exec sleep 60`)
	n := newNotes()
	m := newMedia(testPicture, "", n.add)
	m.use(streams(1))
	if got := n.wait(t); !strings.Contains(got, "live/x?[secret]") || strings.Contains(got, "abc") {
		t.Errorf("got %q", got)
	}
	m.stop()
}

func TestMediaIsStartedAgainAndMovesOver(t *testing.T) {
	pretend(t, `echo started >&2`)
	n := newNotes()
	m := newMedia(testPicture, "", n.add)
	m.use(streams(1))
	n.wait(t)
	n.wait(t) // it ended by itself
	m.use(streams(2))
	n.wait(t)
	m.use(streams(1)) // old news
	if m.generation != 2 {
		t.Errorf("went back to generation %d", m.generation)
	}
	m.stop()
	m.stop()
}

func TestMediaSaysThatTheServiceCannotBeReached(t *testing.T) {
	pretend(t, `echo refused >&2; exit 1`)
	m := newMedia(testPicture, "", func(string) {})
	m.use(streams(3))
	defer m.stop()
	select {
	case generation := <-m.failed:
		if generation != 3 {
			t.Errorf("generation %d", generation)
		}
	case <-time.After(patience):
		t.Error("says nothing")
	}
}

func TestMediaNeedsFFmpegAndAFile(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if err := mediaPossible("", ""); err != nil {
		t.Error(err)
	}
	if err := mediaPossible(testPicture, ""); err == nil {
		t.Error("without ffmpeg")
	}
	pretend(t, "")
	if err := mediaPossible("/nowhere.mp4", ""); err == nil {
		t.Error("without a file")
	}
	if err := mediaPossible(testPicture, "x.flv"); err != nil {
		t.Error(err)
	}
}

func TestArguments(t *testing.T) {
	file := pushing("film.mp4", "rtmp://x")
	if !strings.HasPrefix(strings.Join(file, " "), "-re -stream_loop -1 -i film.mp4 ") || file[len(file)-1] != "rtmp://x" {
		t.Errorf("got %v", file)
	}
	if picture := strings.Join(pushing(testPicture, "rtmp://x"), " "); !strings.Contains(picture, "testsrc2") || !strings.Contains(picture, "sine") {
		t.Errorf("got %s", picture)
	}
}
