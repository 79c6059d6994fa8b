package relay

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/bluenviron/gortmplib/pkg/bytecounter"
	"github.com/bluenviron/gortmplib/pkg/rawmessage"
)

func readerOf(b []byte, maxMessage int) *chunkReader {
	return newChunkReader(&countingReader{Reader: bufio.NewReader(bytes.NewReader(b))}, maxMessage)
}

// chunk0 is a chunk with a full header.
func chunk0(id byte, time uint32, kind byte, length int, payload string) string {
	return string([]byte{id, byte(time >> 16), byte(time >> 8), byte(time),
		byte(length >> 16), byte(length >> 8), byte(length), kind, 1, 0, 0, 0}) + payload
}

func TestChunks(t *testing.T) {
	long := strings.Repeat("a", 128)
	tests := []struct {
		name string
		in   string
		want []rtmpMessage
	}{
		{"one chunk", chunk0(4, 7, 8, 2, "hi"), []rtmpMessage{{8, 7, []byte("hi")}}},
		{"empty message", chunk0(4, 7, 8, 0, ""), []rtmpMessage{{8, 7, []byte{}}}},
		{"two chunks", chunk0(4, 7, 8, 130, long) + "\xc4bb", []rtmpMessage{{8, 7, []byte(long + "bb")}}},
		{
			"interleaved",
			chunk0(4, 7, 8, 130, long) + chunk0(6, 9, 9, 1, "v") + "\xc4bb",
			[]rtmpMessage{{9, 9, []byte("v")}, {8, 7, []byte(long + "bb")}},
		},
		{
			"shorter headers",
			chunk0(4, 100, 8, 1, "a") + "\x44\x00\x00\x0a\x00\x00\x02\x09bb" + "\x84\x00\x00\x05cc" + "\xc4dd",
			[]rtmpMessage{{8, 100, []byte("a")}, {9, 110, []byte("bb")}, {9, 115, []byte("cc")}, {9, 120, []byte("dd")}},
		},
		{
			"no step after a full header",
			chunk0(4, 100, 8, 1, "a") + "\xc4b",
			[]rtmpMessage{{8, 100, []byte("a")}, {8, 100, []byte("b")}},
		},
		{"format 1 begins", "\x44\x00\x00\x0a\x00\x00\x01\x08a", []rtmpMessage{{8, 10, []byte("a")}}},
		{"id of two bytes", "\x00\x05" + chunk0(0, 1, 8, 1, "a")[1:] + "\xc0\x05b", []rtmpMessage{{8, 1, []byte("a")}, {8, 1, []byte("b")}}},
		{"id of three bytes", "\x01\x05\x01" + chunk0(0, 1, 8, 1, "a")[1:], []rtmpMessage{{8, 1, []byte("a")}}},
		{
			"long time",
			chunk0(4, 0xFFFFFF, 8, 129, "\x01\x02\x03\x04"+long) + "\xc4\x01\x02\x03\x04b",
			[]rtmpMessage{{8, 0x01020304, []byte(long + "b")}},
		},
		{
			"time wraps",
			chunk0(4, 0xFFFFFF, 8, 1, "\xff\xff\xff\xfea") + "\x84\x00\x00\x04b",
			[]rtmpMessage{{8, 0xFFFFFFFE, []byte("a")}, {8, 2, []byte("b")}},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := readerOf([]byte(tt.in), 1000)
			for i, want := range tt.want {
				got, err := c.next()
				if err != nil || got.kind != want.kind || got.time != want.time || !bytes.Equal(got.body, want.body) {
					t.Fatalf("message %d: %+v, %v", i, got, err)
				}
			}
			if _, err := c.next(); !errors.Is(err, io.EOF) {
				t.Fatalf("at the end: %v", err)
			}
			if c.unfinished != 0 {
				t.Fatalf("%d bytes unaccounted for", c.unfinished)
			}
		})
	}
}

func TestBrokenChunks(t *testing.T) {
	long := strings.Repeat("a", 128)
	var many strings.Builder
	for id := range byte(maxChunkStreams + 1) {
		many.WriteString("\x00" + string([]byte{id}) + chunk0(0, 1, 8, 0, "")[1:])
	}
	tests := map[string]string{
		"format 2 begins":         "\x84\x00\x00\x01a",
		"format 3 begins":         "\xc4a",
		"header inside a message": chunk0(4, 7, 8, 130, long) + chunk0(4, 7, 8, 1, "b"),
		"too long":                chunk0(4, 7, 8, 1001, long),
		"too much unfinished":     chunk0(4, 7, 8, 1000, long) + chunk0(5, 7, 8, 1000, long) + chunk0(6, 7, 8, 1, "b"),
		"too many chunk streams":  many.String(),
	}
	for name, in := range tests {
		t.Run(name, func(t *testing.T) {
			c := readerOf([]byte(in), 1000)
			var err error
			for err == nil {
				_, err = c.next()
			}
			if !errors.Is(err, errChunk) {
				t.Fatalf("got %v", err)
			}
		})
	}
}

func TestAbort(t *testing.T) {
	c := readerOf([]byte(chunk0(4, 7, 8, 130, strings.Repeat("a", 128))+chunk0(4, 9, 8, 1, "b")), 1000)
	if err := c.setChunkSize(128); err != nil {
		t.Fatal(err)
	}
	// The message is aborted where only its first chunk has been read.
	format, id, err := c.basicHeader()
	if err != nil || format != 0 || id != 4 {
		t.Fatal(format, id, err)
	}
	s, _ := c.stream(id)
	if err := errors.Join(c.messageHeader(s, format), c.payload(s)); err != nil {
		t.Fatal(err)
	}
	c.abort(4)
	c.abort(4)
	c.abort(99)
	if got, err := c.next(); err != nil || string(got.body) != "b" || c.unfinished != 0 {
		t.Fatalf("%+v, %v, %d unfinished", got, err, c.unfinished)
	}
}

func TestChunkSize(t *testing.T) {
	for size, ok := range map[uint32]bool{0: false, 1: true, 1 << 20: true, 1<<31 - 1: true, 1 << 31: false} {
		if err := readerOf(nil, 1).setChunkSize(size); (err == nil) != ok {
			t.Errorf("%d: %v", size, err)
		}
	}
}

// What gortmplib's writer writes, our reader reads: any size of chunk and message.
func TestReadsWhatTheLibraryWrites(t *testing.T) {
	for _, chunk := range []uint32{1, 7, 128, 4096, 65536} {
		var wire bytes.Buffer
		w := rawmessage.NewWriter(&wire, bytecounter.NewWriter(&wire), false)
		w.SetChunkSize(chunk)
		var sent []rawmessage.Message
		for i := range 50 {
			body := binary.BigEndian.AppendUint32(make([]byte, i*37), uint32(i))
			m := rawmessage.Message{ChunkStreamID: byte(4 + 2*(i%2)), Timestamp: time.Duration(i*13) * time.Millisecond, Type: byte(8 + i%2), MessageStreamID: messageStream, Body: body}
			sent = append(sent, m)
			if err := w.Write(&m); err != nil {
				t.Fatal(err)
			}
		}
		c := readerOf(wire.Bytes(), 10_000)
		if err := c.setChunkSize(chunk); err != nil {
			t.Fatal(err)
		}
		for i, m := range sent {
			got, err := c.next()
			if err != nil || got.kind != m.Type || int64(got.time) != m.Timestamp.Milliseconds() || !bytes.Equal(got.body, m.Body) {
				t.Fatalf("chunk size %d, message %d: %v", chunk, i, err)
			}
		}
	}
}
