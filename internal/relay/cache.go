package relay

import (
	"bytes"

	"github.com/bluenviron/gortmplib/pkg/amf0"
)

// patienceMS is how long, in stream time, the first viewers wait for a track that the
// metadata announces but that has not been seen.
const patienceMS = 500

// tracks says which kinds of media a stream carries.
type tracks struct{ audio, video bool }

// cache is what a stream keeps for newcomers: metadata, sequence headers, and
// the group of pictures that is being sent.
type cache struct {
	maxBytes, maxPackets int
	// maxSpanMS is how long a group that newcomers get may have been going on; 0: as long as it likes.
	maxSpanMS int64

	metadata, video, audio *packet
	// sound is the last frame of sound.
	sound *packet
	// seen are the tracks that came, announced those the metadata speaks of.
	seen, announced tracks
	// firstFrame is when the first frame came, if one did.
	started    bool
	firstFrame int64

	// gop starts with a key frame, or is empty.
	gop      []packet
	gopBytes int
}

// add takes the next packet. It reports false for one that changes nothing: a
// sequence header that is already known.
func (c *cache) add(p packet) bool {
	switch {
	case p.kind == kindData:
		kept := p
		c.metadata = &kept
		c.announced = announcedTracks(p.body())
		return true
	case p.kind == kindAudio:
		c.seen.audio = true
	default:
		c.seen.video = true
	}
	if p.config {
		return c.addConfig(p)
	}
	if !c.started {
		c.started, c.firstFrame = true, p.time
	}
	if p.kind == kindAudio {
		c.sound = &p
	}
	c.addFrame(p)
	return true
}

func (c *cache) addConfig(p packet) bool {
	known := &c.audio
	if p.kind == kindVideo {
		known = &c.video
	}
	if *known != nil {
		if bytes.Equal((*known).body(), p.body()) {
			return false
		}
		c.clear() // its frames were made for the old one
	}
	kept := p
	*known = &kept
	return true
}

func (c *cache) addFrame(p packet) {
	if p.key {
		c.clear()
	} else if len(c.gop) == 0 {
		return
	}
	if c.gopBytes+len(p.tag) > c.maxBytes || len(c.gop) >= c.maxPackets || c.tooLong(p) {
		c.clear()
		return
	}
	c.gop = append(c.gop, p)
	c.gopBytes += len(p.tag)
}

// tooLong reports whether the group is older with p than a newcomer should begin at.
func (c *cache) tooLong(p packet) bool {
	return c.maxSpanMS > 0 && len(c.gop) > 0 && p.time-c.gop[0].time > c.maxSpanMS
}

// clear empties the group and lets its packets go.
func (c *cache) clear() {
	clear(c.gop)
	c.gop, c.gopBytes = c.gop[:0], 0
}

// ready reports whether viewers can be served: a frame is there, and so are the
// announced tracks or the patience for them is over.
func (c *cache) ready(now int64) bool {
	if !c.started {
		return false
	}
	missing := c.announced.audio && !c.seen.audio || c.announced.video && !c.seen.video
	return !missing || now-c.firstFrame >= patienceMS
}

// opening returns a fresh slice of what a newcomer is sent first.
func (c *cache) opening() []packet {
	var out []packet
	for _, p := range []*packet{c.metadata, c.video, c.audio} {
		if p != nil {
			out = append(out, *p)
		}
	}
	return append(out, c.gop...)
}

// announcedTracks reads the codec fields of onMetaData. What can't be read announces nothing.
func announcedTracks(body []byte) tracks {
	values, err := amf0.Unmarshal(body)
	if err != nil || len(values) < 2 {
		return tracks{}
	}
	fields, ok := amfObject(values[1])
	if !ok {
		return tracks{}
	}
	return tracks{audio: announces(fields, "audiocodecid"), video: announces(fields, "videocodecid")}
}

func announces(fields amf0.Object, codec string) bool {
	switch v, _ := fields.Get(codec); v := v.(type) {
	case float64:
		return v != 0
	case string:
		return v != ""
	}
	return false
}

// amfObject accepts both forms that encoders use for a set of fields.
func amfObject(v any) (amf0.Object, bool) {
	switch v := v.(type) {
	case amf0.Object:
		return v, true
	case amf0.ECMAArray:
		return amf0.Object(v), true
	}
	return nil, false
}
