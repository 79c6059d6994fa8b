package relay

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"
)

// maxSDP bounds what a client may send in one request, in bytes.
const maxSDP = 64 << 10

var errOffer = errors.New("relay: offer not acceptable")

// offer is what a client proposes.
type offer struct {
	text         string
	video, audio bool
}

// parseOffer reads the offer of somebody who wants to publish or to play: at most one track each of video and audio, in the
// direction that fits, and nothing else.
func parseOffer(text string, action Action) (offer, error) {
	var description sdp.SessionDescription
	if err := description.UnmarshalString(text); err != nil {
		return offer{}, fmt.Errorf("%w: not SDP", errOffer)
	}
	o := offer{text: withoutCandidates(text)}
	for _, media := range description.MediaDescriptions {
		seen := &o.video
		switch media.MediaName.Media {
		case "video":
		case "audio":
			seen = &o.audio
		default:
			return offer{}, fmt.Errorf("%w: it has media other than audio and video", errOffer)
		}
		if *seen {
			return offer{}, fmt.Errorf("%w: it has two tracks of one kind", errOffer)
		}
		*seen = true
		if err := checkMedia(media, action); err != nil {
			return offer{}, err
		}
	}
	if !o.audio && !o.video {
		return offer{}, fmt.Errorf("%w: it has no track", errOffer)
	}
	return o, nil
}

// withoutCandidates leaves the client's addresses out: it finds its way to us, and each one kept costs some kilobytes.
func withoutCandidates(text string) string {
	var rest strings.Builder
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "a=candidate:") {
			rest.WriteString(line)
		}
	}
	return rest.String()
}

func checkMedia(media *sdp.MediaDescription, action Action) error {
	wanted, wrong := "sendonly", "recvonly"
	if action == Play {
		wanted, wrong = wrong, wanted
	}
	has := func(key string) bool { _, ok := media.Attribute(key); return ok }
	switch {
	case has(wrong), has("inactive"):
		return fmt.Errorf("%w: tracks have to be %s", errOffer, wanted)
	case has("simulcast"):
		return fmt.Errorf("%w: simulcast is not supported", errOffer)
	}
	return nil
}

// accepts reports whether an answer takes at least one track.
func accepts(answer *webrtc.SessionDescription) bool {
	parsed, err := answer.Unmarshal()
	return err == nil && slices.ContainsFunc(parsed.MediaDescriptions, func(m *sdp.MediaDescription) bool {
		return m.MediaName.Port.Value != 0
	})
}

// sdpFragment is what a client sends later (RFC 8840): more candidates, or other credentials to begin ICE anew.
type sdpFragment struct {
	ufrag      string
	candidates int
}

// parseFragment reads an SDP fragment. Lines that say nothing about ICE are left alone.
func parseFragment(text string) (sdpFragment, error) {
	var f sdpFragment
	for line := range strings.Lines(text) {
		switch key, value, _ := strings.Cut(strings.TrimRight(line, "\r\n"), ":"); key {
		case "a=ice-ufrag":
			f.ufrag = value
		case "a=candidate":
			f.candidates++
		}
	}
	if f.ufrag == "" && f.candidates == 0 {
		return f, fmt.Errorf("%w: no ICE in the fragment", errOffer)
	}
	return f, nil
}

// remoteUfrag is the name under which the client takes part in ICE, as its offer says.
func remoteUfrag(text string) string {
	for line := range strings.Lines(text) {
		if ufrag, ok := strings.CutPrefix(strings.TrimRight(line, "\r\n"), "a=ice-ufrag:"); ok {
			return ufrag
		}
	}
	return ""
}
