package relay

import (
	"testing"

	"github.com/bluenviron/gortmplib/pkg/amf0"
)

func fill(c *cache, packets ...packet) {
	for _, p := range packets {
		c.add(p)
	}
}

func testCache() *cache { return &cache{maxBytes: 10_000, maxPackets: 10} }

func TestOpening(t *testing.T) {
	meta := metaPacket(t, nil)
	tests := []struct {
		name    string
		packets []packet
		want    string
	}{
		{"nothing yet", nil, ""},
		{"configuration only", []packet{videoConfig(1), audioConfig(1)}, "V S"},
		{"in fixed order", []packet{audioConfig(1), videoConfig(1), meta}, "M V S"},
		{"no key frame yet", []packet{videoConfig(1), interFrame(0, 1), audioFrame(1, 1)}, "V"},
		{"from the key frame on", []packet{audioFrame(0, 1), keyFrame(1, 1), audioFrame(2, 1), interFrame(3, 1)}, "K A I"},
		{"from the last key frame on", []packet{keyFrame(1, 1), interFrame(2, 1), keyFrame(3, 1), audioFrame(4, 1)}, "K A"},
		{"audio alone has no group", []packet{audioConfig(1), audioFrame(0, 1), audioFrame(1, 1)}, "S"},
		{"a changed header ends the group", []packet{videoConfig(1), keyFrame(0, 1), videoConfig(2)}, "V"},
		{"a repeated header does not", []packet{videoConfig(1), keyFrame(0, 1), videoConfig(1), interFrame(1, 1)}, "V K I"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := testCache()
			fill(c, tt.packets...)
			if got := script(c.opening()); got != tt.want {
				t.Fatalf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestCacheKeepsNewestHeader(t *testing.T) {
	c := testCache()
	fill(c, videoConfig(1), videoConfig(2))
	if got := c.opening(); len(got) != 1 || got[0].body()[11] != 2 {
		t.Fatal("not the newest header")
	}
	if c.add(videoConfig(2)) {
		t.Fatal("a repeated header is not news")
	}
}

func TestCacheBounds(t *testing.T) {
	for name, frame := range map[string]packet{"packets": interFrame(1, 1), "bytes": interFrame(1, 3000)} {
		t.Run(name, func(t *testing.T) {
			c := testCache()
			c.add(keyFrame(0, 1))
			for range 20 {
				c.add(frame)
				if c.gopBytes > c.maxBytes || len(c.gop) > c.maxPackets {
					t.Fatal("over the bound")
				}
			}
			if len(c.gop) != 0 || c.gopBytes != 0 {
				t.Fatal("still caching after overflow")
			}
			c.add(keyFrame(2, 1))
			if script(c.opening()) != "K" {
				t.Fatal("did not start again with the next key frame")
			}
		})
	}
}

// What was handed out must not change when the group is replaced.
func TestOpeningIsACopy(t *testing.T) {
	c := testCache()
	fill(c, keyFrame(0, 1), interFrame(1, 1))
	got := c.opening()
	fill(c, keyFrame(2, 1))
	if script(got) != "K I" {
		t.Fatal("opening changed")
	}
}

func TestReady(t *testing.T) {
	both := metaPacket(t, amf0.Object{{Key: "audiocodecid", Value: 10.0}, {Key: "videocodecid", Value: 7.0}})
	tests := []struct {
		name    string
		packets []packet
		now     int64
		want    bool
	}{
		{"headers only", []packet{videoConfig(1), audioConfig(1)}, 0, false},
		{"first frame, nothing announced", []packet{audioFrame(0, 1)}, 0, true},
		{"announced video missing", []packet{both, audioFrame(0, 1)}, 0, false},
		{"announced video missing for long", []packet{both, audioFrame(0, 1)}, patienceMS, true},
		{"both there", []packet{both, videoConfig(1), audioFrame(0, 1)}, 0, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := testCache()
			fill(c, tt.packets...)
			if got := c.ready(tt.now); got != tt.want {
				t.Fatalf("got %v", got)
			}
		})
	}
}

func TestAnnouncedTracks(t *testing.T) {
	marshal := func(values ...any) []byte {
		b, err := amf0.Data(values).Marshal()
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	tests := map[string]struct {
		body []byte
		want tracks
	}{
		"numbers":     {marshal("onMetaData", amf0.Object{{Key: "audiocodecid", Value: 10.0}, {Key: "videocodecid", Value: 7.0}}), tracks{true, true}},
		"words":       {marshal("onMetaData", amf0.ECMAArray{{Key: "audiocodecid", Value: "mp4a"}}), tracks{audio: true}},
		"zero":        {marshal("onMetaData", amf0.Object{{Key: "videocodecid", Value: 0.0}}), tracks{}},
		"other type":  {marshal("onMetaData", amf0.Object{{Key: "videocodecid", Value: true}}), tracks{}},
		"no fields":   {marshal("onMetaData"), tracks{}},
		"odd fields":  {marshal("onMetaData", 1.0), tracks{}},
		"not AMF":     {[]byte{0xFF}, tracks{}},
		"cut":         {[]byte{2, 0, 10, 'o'}, tracks{}},
		"empty array": {marshal("onMetaData", amf0.ECMAArray{}), tracks{}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := announcedTracks(tt.body); got != tt.want {
				t.Fatalf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}
