package relay

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtp"
)

func TestAVCConfigThereAndBack(t *testing.T) {
	sps, pps := []byte{0x67, 66, 0xC0, 31, 1, 2, 3}, []byte{0x68, 4, 5}
	c, err := parseAVCConfig(configBody(sps, pps))
	if err != nil || c.lengthSize != 4 || !bytes.Equal(c.sps[0], sps) || !bytes.Equal(c.pps[0], pps) {
		t.Errorf("got %+v, %v", c, err)
	}
	body := configBody(sps, pps)
	for size := range len(body) {
		if _, err := parseAVCConfig(body[:size]); err == nil {
			t.Errorf("accepted %d bytes", size)
		}
	}
}

func TestProfiles(t *testing.T) {
	for sps, want := range map[[3]byte]string{
		{66, 0xC0, 31}: constrainedBaseline, {66, 0x80, 30}: baseline, {77, 0x40, 31}: main,
		{100, 0, 40}: high, {100, 0x0C, 31}: constrainedHigh, {110, 0, 31}: "", {244, 0, 31}: "",
	} {
		if got := profileOf(append([]byte{0x67}, sps[:]...)); got != want {
			t.Errorf("%v is %q", sps, got)
		}
	}
	if got := profileOf([]byte{0x67, 66}); got != "" {
		t.Errorf("a short one is %q", got)
	}
}

func TestFrameThereAndBack(t *testing.T) {
	nals := [][]byte{{0x65, 1, 2}, {0x41}, bytes.Repeat([]byte{0x41}, 70000)}
	got, err := splitFrame(frameBody(nals, true), 4)
	if err != nil || !slices.EqualFunc(got, nals, bytes.Equal) {
		t.Errorf("%d NAL units, %v", len(got), err)
	}
	for _, body := range [][]byte{{0x17, 1, 0, 0, 0, 0, 0}, {0x17, 1, 0, 0, 0, 0, 0, 0, 2, 1}} {
		if _, err := splitFrame(body, 4); err == nil {
			t.Errorf("accepted %v", body)
		}
	}
}

func TestCompositionTimeIsSigned(t *testing.T) {
	for want, body := range map[int64][]byte{0: {0, 0, 0, 0, 0}, 40: {0, 0, 0, 0, 40}, -40: {0, 0, 0xFF, 0xFF, 0xD8}, 65536: {0, 0, 1, 0, 0}} {
		if got := compositionMS(body); got != want {
			t.Errorf("%v: got %d, want %d", body, got, want)
		}
	}
}

func TestNALUnitsThroughRTP(t *testing.T) {
	for _, size := range []int{1, 2, 1199, 1200, 1201, 2397, 100_000} {
		nal := append([]byte{0x65}, bytes.Repeat([]byte{7}, size-1)...)
		a := assembler{limit: 1 << 20}
		marks := 0
		err := fragment(nal, rtpPayload, func(payload []byte, last bool) error {
			if len(payload) > rtpPayload {
				t.Errorf("a payload of %d bytes", len(payload))
			}
			if last {
				marks++
			}
			return a.push(payload)
		})
		if got := a.frame(); err != nil || marks != 1 || len(got) != 1 || !bytes.Equal(got[0], nal) {
			t.Errorf("%d bytes: %v, %d ends, %d NAL units", size, err, marks, len(got))
		}
	}
}

func TestAssemblerRefuses(t *testing.T) {
	for name, payloads := range map[string][][]byte{
		"end without begin":  {{packetFUA, fuEnd | 5, 1}},
		"nothing aggregated": {{packetSTAPA, 0, 0}},
		"cut short":          {{packetSTAPA, 0, 9, 1}},
		"half a length":      {{packetSTAPA, 0}},
		"unknown":            {{30, 1, 2}},
		"too large":          {make([]byte, 0), append([]byte{0x41}, make([]byte, 99)...), {0x41, 1}},
	} {
		a := assembler{limit: 100}
		var err error
		for _, p := range payloads {
			if err == nil {
				err = a.push(p)
			}
		}
		if err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func packetNo(seq uint16) *rtp.Packet { return &rtp.Packet{Header: rtp.Header{SequenceNumber: seq}} }

// ordered pushes packets at one time and writes what comes out, with ! before what follows a loss.
func ordered(r *reorder, now time.Time, seqs ...uint16) string {
	var out []string
	for _, seq := range seqs {
		r.push(packetNo(seq))
		for p, lost := r.pop(now); p != nil; p, lost = r.pop(now) {
			mark := ""
			if lost {
				mark = "!"
			}
			out = append(out, fmt.Sprintf("%s%d", mark, p.SequenceNumber))
		}
	}
	return strings.Join(out, " ")
}

func TestReorder(t *testing.T) {
	now := time.Now()
	for _, tt := range []struct {
		seqs []uint16
		want string
	}{
		{[]uint16{1, 2, 3}, "1 2 3"},
		{[]uint16{1, 3, 2, 4}, "1 2 3 4"},
		{[]uint16{1, 5, 4, 3, 2}, "1 2 3 4 5"},
		{[]uint16{1, 2, 2, 1, 3}, "1 2 3"},
		{[]uint16{65534, 0, 65535, 1}, "65534 65535 0 1"},
		{[]uint16{1, 3, 4}, "1"},
		{[]uint16{1, 30000, 30001}, "1 !30000 30001"},
	} {
		if got := ordered(&reorder{patience: time.Second}, now, tt.seqs...); got != tt.want {
			t.Errorf("%v: got %s, want %s", tt.seqs, got, tt.want)
		}
	}
}

func TestReorderGivesUp(t *testing.T) {
	now := time.Now()
	r := &reorder{patience: 100 * time.Millisecond}
	got := []string{
		ordered(r, now, 1, 3, 6),
		ordered(r, now.Add(99*time.Millisecond), 7),
		ordered(r, now.Add(100*time.Millisecond), 8),
		ordered(r, now.Add(200*time.Millisecond), 9),
		ordered(r, now.Add(201*time.Millisecond), 2, 10),
	}
	if want := []string{"1", "", "!3", "!6 7 8 9", "10"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestReorderIsBounded(t *testing.T) {
	r := &reorder{patience: time.Hour}
	ordered(r, time.Now(), 0)
	for seq := uint16(2); seq < 3*maxHeld; seq++ {
		ordered(r, time.Now(), seq)
		if len(r.held) > maxHeld {
			t.Fatalf("%d packets wait", len(r.held))
		}
	}
}

func TestRTPClockWrapsAndCounts(t *testing.T) {
	c := rtpClock{rate: videoRate}
	ts := uint32(0xFFFFFF00)
	for i := range 3600 * 25 { // an hour
		want := 5*time.Second + time.Duration(i)*40*time.Millisecond
		if got := c.at(ts, 5*time.Second); got != want {
			t.Fatalf("frame %d at %v, want %v", i, got, want)
		}
		ts += 3600
	}
}

// The picture of this publisher came late, or early, though it belongs together with the sound.
func TestSenderReportsBringTracksTogether(t *testing.T) {
	ntp := func(at time.Duration) uint64 {
		seconds := uint64(2_208_988_800+1_700_000_000) + uint64(at/time.Second)
		return seconds<<32 | uint64(at%time.Second)<<32/uint64(time.Second)
	}
	for _, late := range []time.Duration{300 * time.Millisecond, -300 * time.Millisecond} {
		var lips lipSync
		var last time.Duration
		audio, video := rtpClock{rate: opusRate}, rtpClock{rate: videoRate}
		for at := time.Duration(0); at < time.Minute; at += 20 * time.Millisecond {
			a, v := uint32(at*opusRate/time.Second), uint32(at*videoRate/time.Second)
			heard, seen := audio.at(a, time.Second+at), video.at(v, time.Second+at+late)
			if at%time.Second == 0 {
				lips.report(&audio, ntp(at), a)
				lips.report(&video, ntp(at), v)
			}
			if off := seen - heard; at > 2*time.Second && (off > time.Millisecond || off < -time.Millisecond) {
				t.Fatalf("after %v the picture is %v late", at, off)
			}
			if seen <= last {
				t.Fatalf("after %v the picture goes back from %v to %v", at, last, seen)
			}
			last = seen
		}
	}
}

// The clock of this publisher is set in mid call, or it makes up its reports: time goes on as it did.
func TestSetClocksDoNotBendTime(t *testing.T) {
	const since1900 = 2_208_988_800 + 1_700_000_000
	for _, step := range []int64{3600, -3600, -since1900, 1<<32 - 1 - since1900 - 60} {
		var lips lipSync
		audio, video := rtpClock{rate: opusRate}, rtpClock{rate: videoRate}
		for at := time.Duration(0); at < time.Minute; at += 20 * time.Millisecond {
			a, v := uint32(at*opusRate/time.Second), uint32(at*videoRate/time.Second)
			heard, seen := audio.at(a, at), video.at(v, at)
			if at%time.Second == 0 {
				ntp := int64(since1900) + int64(at/time.Second)
				if at > 20*time.Second {
					ntp += step
				}
				lips.report(&audio, uint64(ntp)<<32, a)
				lips.report(&video, uint64(ntp)<<32, v)
			}
			if (heard-at).Abs() > time.Millisecond || (seen-at).Abs() > time.Millisecond {
				t.Fatalf("clock set by %d s: at %v the sound is at %v and the picture at %v", step, at, heard, seen)
			}
		}
	}
}

func TestBrowserCheck(t *testing.T) {
	config := mustPacket(kindVideo, 0, configBody([]byte{0x67, 66, 0xC0, 31}, []byte{0x68}))
	later := func(ms int64, composition byte) packet {
		return mustPacket(kindVideo, ms, []byte{0x27, 1, 0, 0, composition, 0, 0, 0, 1, 0x41})
	}
	for name, tt := range map[string]struct {
		packets []packet
		ok      bool
	}{
		"plain":                {[]packet{config, later(0, 0), later(40, 0)}, true},
		"constant delay":       {[]packet{config, later(0, 80), later(40, 80)}, true},
		"clock set back":       {[]packet{config, later(80, 0), later(40, 0), later(80, 0)}, true},
		"B-frames":             {[]packet{config, later(0, 80), later(40, 0)}, false},
		"HEVC":                 {[]packet{mustPacket(kindVideo, 0, append([]byte{0x1C, 1, 0, 0, 0}, make([]byte, 9)...))}, false},
		"extended":             {[]packet{mustPacket(kindVideo, 0, []byte("\x91hvc1....."))}, false},
		"AAC":                  {[]packet{mustPacket(kindAudio, 0, []byte{0xAF, 0, 0x11, 0x90}), audioFrame(0, 9)}, true},
		"HE-AAC":               {[]packet{mustPacket(kindAudio, 0, []byte{0xAF, 0, 0x2B, 0x92, 0x08, 0})}, false},
		"Opus":                 {[]packet{mustPacket(kindAudio, 0, opusBody([]byte{0xFC, 1}))}, true},
		"MP3":                  {[]packet{mustPacket(kindAudio, 0, []byte{0x2F, 1, 2, 3})}, false},
		"broken configuration": {[]packet{mustPacket(kindVideo, 0, append([]byte{0x17, 0, 0, 0, 0}, make([]byte, 9)...))}, false},
	} {
		var check browserCheck
		var err error
		for _, p := range tt.packets {
			if err == nil {
				err = check.look(p)
			}
		}
		if (err == nil) != tt.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzAssembler(f *testing.F) {
	f.Add([]byte{3, 0x65, 1, 2, 4, packetFUA, fuStart | 5, 1, 2, 3, packetFUA, fuEnd | 5, 1})
	f.Add([]byte{7, packetSTAPA, 0, 1, 0x67, 0, 1, 0x68})
	f.Fuzz(func(t *testing.T, data []byte) {
		const limit = 4096
		a := assembler{limit: limit}
		for len(data) > 0 {
			n := min(int(data[0]), len(data)-1)
			payload := data[1 : 1+n]
			data = data[1+n:]
			if a.push(payload) != nil {
				a.reset()
			}
			if a.size > limit || len(a.open) > limit {
				t.Fatalf("%d bytes", a.size)
			}
		}
		for _, nal := range a.frame() {
			if len(nal) == 0 {
				t.Fatal("an empty NAL unit")
			}
		}
	})
}

func FuzzAVC(f *testing.F) {
	f.Add(configBody([]byte{0x67, 66, 0xC0, 31}, []byte{0x68}), 4)
	f.Add(frameBody([][]byte{{0x65, 1}}, true), 4)
	f.Fuzz(func(t *testing.T, body []byte, size int) {
		if c, err := parseAVCConfig(body); err == nil {
			reorders(c.sps[0])
		}
		nals, _ := splitFrame(body, size&3+1)
		for _, nal := range nals {
			isPicture(nal)
		}
	})
}

func FuzzOffer(f *testing.F) {
	f.Add("v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=video 9 UDP/TLS/RTP/SAVPF 102\r\na=sendonly\r\n")
	f.Add("a=ice-ufrag:a\r\na=mid:0\r\na=candidate:1 1 udp 1 127.0.0.1 9 typ host\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		if o, err := parseOffer(text, Publish); err == nil && !o.audio && !o.video {
			t.Fatal("an offer of nothing")
		}
		if fragment, err := parseFragment(text); err == nil && fragment.ufrag == "" && fragment.candidates == 0 {
			t.Fatal("a fragment of nothing")
		}
		remoteUfrag(text)
	})
}
