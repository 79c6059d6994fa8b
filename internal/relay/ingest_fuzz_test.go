package relay

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/pion/rtp"
)

// FuzzIngest gives the way from RTP into a stream any packets and sender reports of both tracks. It must not panic, and must
// keep no more than its bounds say, whatever the order, the times and the payloads.
func FuzzIngest(f *testing.F) {
	config := fuzzPacket(0, 1, 9000, true, []byte{packetSTAPA, 0, 4, 0x67, 66, 0xC0, 31, 0, 2, 0x68, 1, 0, 2, 0x65, 1})
	frame := fuzzPacket(0, 1, 3000, true, []byte{0x41, 1, 2, 3})
	sound := fuzzPacket(1, 1, 960, false, []byte{0xFC, 1, 2})
	f.Add(true, append(append(config, frame...), sound...))
	f.Add(true, append(fuzzPacket(0, 1, 0, false, []byte{packetFUA, fuStart | 5, 1}), fuzzPacket(0, 2, 0, true, []byte{packetFUA, fuEnd | 5, 1})...))
	f.Add(true, append(config, fuzzPacket(0, 0x9000, 0x80000000, true, []byte{0x41})...))
	f.Add(false, append(append(sound, fuzzPacket(3, 0, 0xFFFFFFFF, true, []byte{1, 2, 3, 4, 5, 6, 7, 8})...), sound...))
	f.Fuzz(func(t *testing.T, patient bool, data []byte) {
		limits := Limits{MaxMessage: 4096, GOPBytes: 16 << 10, GOPPackets: 20, MaxBitrate: -1}
		r := New(Config{Gate: openGate(), Limits: limits})
		defer r.Close()
		s := r.names.acquire("s")
		in := newIngest(r.newSession(Attempt{Name: "s", Action: Publish}, s), offer{video: true, audio: true})
		if !patient { // what is missing is given up at once
			in.video.order.patience, in.audio.order.patience = 0, 0
		}
		p, err := r.publish(s, func() {})
		if err != nil {
			t.Fatal(err)
		}
		if err := in.begin(p); err != nil {
			t.Fatal(err)
		}
		var seq [2]uint16
		var stamp [2]uint32
		for len(data) >= fuzzHead && err == nil {
			data, err = in.fuzz(data, &seq, &stamp)
			in.bounded(t)
		}
	})
}

// fuzzHead is the length of the head of one packet in the input: kind, mark, length, steps of sequence number and time.
const fuzzHead = 9

// fuzzPacket is one packet as FuzzIngest reads it. Its kind is 0 for video, 1 for sound, and 2 or 3 for their sender reports.
func fuzzPacket(kind byte, step uint16, time uint32, mark bool, payload []byte) []byte {
	b := []byte{kind, 0, byte(len(payload))}
	if mark {
		b[1] = 1
	}
	b = binary.BigEndian.AppendUint16(b, step)
	b = binary.BigEndian.AppendUint32(b, time)
	return append(b, payload...)
}

// fuzz takes in the first packet of data and returns the rest.
func (in *ingest) fuzz(data []byte, seq *[2]uint16, stamp *[2]uint32) ([]byte, error) {
	track := data[0] & 1
	seq[track] += binary.BigEndian.Uint16(data[3:])
	stamp[track] += binary.BigEndian.Uint32(data[5:])
	size := min(int(data[2]), len(data)-fuzzHead)
	payload, rest := data[fuzzHead:fuzzHead+size], data[fuzzHead+size:]
	take, clock := in.takeVideo, &in.video.clock
	if track == 1 {
		take, clock = in.takeAudio, &in.audio.clock
	}
	if data[0]&2 != 0 {
		var ntp [8]byte
		copy(ntp[:], payload)
		in.lips.report(clock, binary.BigEndian.Uint64(ntp[:]), stamp[track])
		return rest, nil
	}
	return rest, take(&rtp.Packet{
		Header:  rtp.Header{Version: 2, Marker: data[1]&1 != 0, SequenceNumber: seq[track], Timestamp: stamp[track]},
		Payload: payload,
	})
}

// bounded checks everything that an ingest and its stream keep.
func (in *ingest) bounded(t *testing.T) {
	t.Helper()
	frame, s := &in.video.frame, in.session.stream
	held := max(len(in.video.order.held), len(in.audio.order.held))
	switch {
	case held > maxHeld:
		t.Fatalf("%d packets wait for another", held)
	case frame.size > frame.limit || len(frame.open) > frame.limit:
		t.Fatalf("a frame of %d bytes", frame.size)
	case len(in.video.sps) > maxSet || len(in.video.pps) > maxSet:
		t.Fatal("a large parameter set")
	case len(s.cache.gop) > s.limits.GOPPackets || s.cache.gopBytes > s.limits.GOPBytes:
		t.Fatalf("%d packets, %d bytes", len(s.cache.gop), s.cache.gopBytes)
	}
}

// Timestamps and sender reports that make no sense never have the clock run backwards while timestamps go forward.
func FuzzRTPClock(f *testing.F) {
	f.Add([]byte{0, 0, 0x0B, 0xB8, 1, 0xFF, 0xFF, 0xFF, 2, 0x80, 0, 0})
	f.Fuzz(func(t *testing.T, steps []byte) {
		clock, lips := rtpClock{rate: videoRate}, lipSync{}
		var stamp uint32
		last := clock.at(stamp, 0)
		for ; len(steps) >= 4; steps = steps[4:] {
			value := binary.BigEndian.Uint32(steps)
			if steps[0]&1 != 0 {
				lips.report(&clock, uint64(value)<<33, stamp)
				continue
			}
			step := value & 0x00FFFFFF
			stamp += step
			now := clock.at(stamp, time.Duration(value))
			if now < last {
				t.Fatalf("from %v to %v with a step of %d", last, now, step)
			}
			last = now
		}
	})
}
