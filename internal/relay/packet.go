package relay

// kind of a packet. The values are those of FLV tags and RTMP messages alike.
type kind uint8

const (
	kindAudio kind = 8
	kindVideo kind = 9
	kindData  kind = 18
)

// Codec numbers of the classic headers, and the mark of the extended ones
// (enhanced RTMP), where a packet type stands in place of the codec.
const (
	videoAVC      = 7
	videoHEVC     = 12
	videoExtended = 0x80
	audioAAC      = 10
	audioExtended = 9
)

// packet is one unit of media. It is immutable and shared by the cache and all viewers.
type packet struct {
	kind kind
	// config marks a sequence header: without it the frames mean nothing.
	config bool
	// key marks a video frame that decoding can start at.
	key bool
	// time is the decoding time in milliseconds since the stream began.
	time int64
	// tag is the whole FLV tag, stamped with time, and its trailing size.
	tag []byte
}

// body is the payload in the form that RTMP messages and FLV tags share.
func (p packet) body() []byte { return p.tag[tagHeaderSize : len(p.tag)-tagTrailerSize] }

// frame reports whether p is audio or video that can be played, not configuration.
func (p packet) frame() bool { return p.kind != kindData && !p.config }

// newPacket looks at what a publisher sent. It reports false for what no
// viewer needs: empty or truncated payloads and end-of-sequence marks.
func newPacket(k kind, time int64, body []byte) (packet, bool) {
	p := packet{kind: k, time: time}
	ok := false
	switch k {
	case kindAudio:
		p.config, ok = inspectAudio(body)
	case kindVideo:
		p.config, p.key, ok = inspectVideo(body)
	case kindData:
		ok = len(body) > 0
	}
	if !ok || len(body) > maxTagBody {
		return packet{}, false
	}
	p.tag = encodeTag(k, time, body)
	return p, true
}

func inspectAudio(b []byte) (config, ok bool) {
	if len(b) < 2 {
		return false, false
	}
	switch b[0] >> 4 {
	case audioAAC:
		return inspectAAC(b)
	case audioExtended:
		const start, end = 0, 2
		packetType := b[0] & 0x0F
		return packetType == start, packetType != end && len(b) >= 5
	}
	return false, true
}

func inspectAAC(b []byte) (config, ok bool) {
	switch b[1] {
	case 0: // AudioSpecificConfig, two bytes at least
		return true, len(b) >= 4
	case 1:
		return false, len(b) > 2
	}
	return false, false
}

func inspectVideo(b []byte) (config, key, ok bool) {
	if len(b) < 5 {
		return false, false, false
	}
	const keyFrame, command = 1, 5
	frameType := b[0] >> 4 & 0x07
	key = frameType == keyFrame
	if frameType == command {
		return false, false, false
	}
	if b[0]&videoExtended != 0 {
		const start, end = 0, 2
		packetType := b[0] & 0x0F
		config = packetType == start
		return config, key && !config, packetType != end
	}
	switch b[0] & 0x0F {
	case videoAVC, videoHEVC:
		return inspectAVC(b, key)
	}
	return false, key, true
}

func inspectAVC(b []byte, key bool) (config, isKey, ok bool) {
	switch b[1] {
	case 0: // a decoder configuration record has seven bytes at least
		return true, false, len(b) >= 12
	case 1:
		return false, key, len(b) > 5
	}
	return false, false, false
}
