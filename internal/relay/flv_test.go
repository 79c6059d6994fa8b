package relay

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"testing"
)

func TestMuxGolden(t *testing.T) {
	m := flvMuxer{tracks: tracks{audio: true, video: true}}
	var got []byte
	got = append(got, m.mux(mustPacket(kindAudio, 99, []byte{0xAF, 1, 0x21}), 0)...)
	got = append(got, m.mux(mustPacket(kindVideo, 99, []byte{0x27, 1, 0, 0, 40, 0xAB}), 0x01020304)...)
	want := []byte{
		'F', 'L', 'V', 1, 5, 0, 0, 0, 9, // header
		0, 0, 0, 0, // no tag before
		8, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0xAF, 1, 0x21, // audio at 0
		0, 0, 0, 14,
		9, 0, 0, 6, 2, 3, 4, 1, 0, 0, 0, 0x27, 1, 0, 0, 40, 0xAB, // video at 0x01020304
		0, 0, 0, 17,
	}
	if !bytes.Equal(got, want) {
		t.Fatalf("got\n% x, want\n% x", got, want)
	}
}

func TestHeaderAnnouncesTracks(t *testing.T) {
	for want, tr := range map[byte]tracks{0: {}, 1: {video: true}, 4: {audio: true}, 5: {audio: true, video: true}} {
		if got := flvHeader(tr)[4]; got != want {
			t.Errorf("%+v: flags %d, want %d", tr, got, want)
		}
	}
}

// The packet is shared: stamping it for one viewer must not show at another.
func TestMuxLeavesPacketAlone(t *testing.T) {
	p := keyFrame(1234, 10)
	before := bytes.Clone(p.tag)
	var m flvMuxer
	m.mux(p, 1)
	if !bytes.Equal(p.tag, before) {
		t.Fatal("packet changed")
	}
}

// tag is what the demuxer of these tests finds.
type tag struct {
	kind kind
	ms   uint32
	body []byte
}

// demux reads a whole FLV stream strictly.
func demux(b []byte) (flags byte, tags []tag, err error) {
	if len(b) < 13 || string(b[:4]) != "FLV\x01" || !bytes.Equal(b[5:13], []byte{0, 0, 0, 9, 0, 0, 0, 0}) {
		return 0, nil, errors.New("bad header")
	}
	flags, b = b[4], b[13:]
	for len(b) > 0 {
		if len(b) < tagHeaderSize {
			return 0, nil, errors.New("cut in a tag header")
		}
		size := int(b[1])<<16 | int(b[2])<<8 | int(b[3])
		whole := tagHeaderSize + size
		if len(b) < whole+tagTrailerSize {
			return 0, nil, errors.New("cut in a tag")
		}
		if b[8]|b[9]|b[10] != 0 {
			return 0, nil, errors.New("stream id is not zero")
		}
		if back := int(binary.BigEndian.Uint32(b[whole:])); back != whole {
			return 0, nil, fmt.Errorf("trailer says %d, tag has %d", back, whole)
		}
		ms := uint32(b[4])<<16 | uint32(b[5])<<8 | uint32(b[6]) | uint32(b[7])<<24
		tags = append(tags, tag{kind(b[0]), ms, b[tagHeaderSize:whole]})
		b = b[whole+tagTrailerSize:]
	}
	return flags, tags, nil
}

// FuzzFLV writes whatever messages come through publisher, stream, viewer and
// muxer, and wants a well-formed file with the same payloads in the same order.
func FuzzFLV(f *testing.F) {
	f.Add([]byte("\x08\x00\x00\x04\xaf\x00\x11\x90\x09\x00\x20\x06\x17\x01\x00\x00\x00x\x08\x00\x30\x03\xaf\x01y"))
	f.Add([]byte("\x12\x00\x00\x0d\x02\x00\x0aonMetaData\x09\xff\xff\x06\x27\x01\x00\x00\x00x"))
	f.Fuzz(func(t *testing.T, in []byte) {
		names := newRegistry(nil, Limits{}.withDefaults())
		s := names.acquire("s")
		v := s.subscribe(func() {})
		p := &publisher{names: names, stream: s}
		for len(in) >= 4 {
			n := min(int(in[3]), len(in)-4)
			ms := uint32(in[1])<<24 | uint32(in[2])<<4
			if err := p.write(kind(in[0]), ms, in[4:4+n]); err != nil {
				t.Fatal(err)
			}
			in = in[4+n:]
		}
		p.leave()

		m := flvMuxer{tracks: s.carries()}
		var at timeline
		file := flvHeader(m.tracks)
		m.started = true
		sent := queued(v)
		for _, p := range sent {
			file = append(file, m.mux(p, at.rebase(p))...)
		}
		_, tags, err := demux(file)
		if err != nil {
			t.Fatal(err)
		}
		if len(tags) != len(sent) {
			t.Fatalf("%d tags of %d packets", len(tags), len(sent))
		}
		for i, p := range sent {
			if tags[i].kind != p.kind || !bytes.Equal(tags[i].body, p.body()) {
				t.Fatalf("tag %d differs", i)
			}
		}
	})
}
