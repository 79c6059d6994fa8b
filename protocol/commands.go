package protocol

// Hello is the first command on every socket. It signs in; nothing else is served before it.
type Hello struct {
	// Token is the JWT, unless the Authorization header of the upgrade carried it.
	Token string `json:"token,omitempty"`
	// Resume is what the last welcome gave. With it the session goes on where it was.
	Resume string `json:"resume,omitempty"`
	// Device names the device for people, for example "iPhone 15".
	Device string `json:"device,omitempty"`
	// Lang is the language for messages to people, for example "zh-CN".
	Lang string `json:"lang,omitempty"`
	// Client names the program and its version, for example "claimcall-sdk/1.0".
	Client string `json:"client,omitempty"`
}

// Ping keeps the session alive. The answer says when the next one is due.
type Ping struct{}

// TokenRefresh replaces the token before it expires, without a new sign-in.
type TokenRefresh struct {
	// Token is a new JWT of the same person and role.
	Token string `json:"token"`
}

// CallRequest asks for a call with any adjuster who fits.
type CallRequest struct {
	// RequestID is made by the client, new for each wish and the same for each retry of it.
	RequestID string `json:"request_id"`
	ClaimNo   string `json:"claim_no"`
	// Queue is where to wait; the default queue if empty.
	Queue string `json:"queue,omitempty"`
	// Skills are what the adjuster must have, all of them.
	Skills []string `json:"skills,omitempty"`
	// Media is video if empty.
	Media Media `json:"media,omitempty"`
	// Note is shown to the adjuster before and after accepting.
	Note string `json:"note,omitempty"`
}

// CallInviteCommand calls one claimant directly, past the queue.
type CallInviteCommand struct {
	// User is the claimant's id, the sub of their token.
	User    string `json:"user"`
	ClaimNo string `json:"claim_no"`
}

// CallRef names a call. It is the data of call.accept, call.join, call.cancel and call.hangup.
type CallRef struct {
	Call string `json:"call"`
}

// CallReject declines a ringing call.
type CallReject struct {
	Call string `json:"call"`
	// Reason is free text for the record.
	Reason string `json:"reason,omitempty"`
}

// StreamsRefresh asks for new stream URLs in a running call.
type StreamsRefresh struct {
	Call string     `json:"call"`
	Why  RefreshWhy `json:"why,omitempty"`
	// Generation is the one that failed. If the hub already has a newer one it hands that out
	// instead of making another, so that two sides who fail together do not chase each other.
	Generation int `json:"generation,omitempty"`
}

// StreamsReport tells how the streams of a leg get across as its device measures it.
type StreamsReport struct {
	Call string `json:"call"`
	// Generation is that of the streams that were measured. An older one than the newest counts for nothing.
	Generation int `json:"generation"`
	// Push is what was measured of the own stream.
	Push *StreamStats `json:"push,omitempty"`
	// Play is what was measured of the other side's.
	Play *StreamStats `json:"play,omitempty"`
}

// StreamStats is what a device measures of one stream. The names follow the netstatus of live-pusher and live-player.
type StreamStats struct {
	VideoKbps int `json:"video_kbps,omitempty"`
	AudioKbps int `json:"audio_kbps,omitempty"`
	FPS       int `json:"fps,omitempty"`
	// Level is the netQualityLevel: 1 best, 2 good, 3 and 4 weak, 5 bad, 6 broken; 0 or missing if it is not known.
	Level int `json:"level,omitempty"`
	// Code is the last one that live-pusher or live-player gave since the last report.
	Code int `json:"code,omitempty"`
}

// AvailabilitySet asks for calls, or for none.
type AvailabilitySet struct {
	// State is available or away.
	State Availability `json:"state"`
}

// CallNote replaces the adjuster's notes about a call.
type CallNote struct {
	Call string `json:"call"`
	// Text is all of the notes; nothing takes them away.
	Text string `json:"text"`
}

// QueueWatch begins or ends being shown who waits.
type QueueWatch struct {
	On bool `json:"on"`
}

// SessionEnd signs this session out for good.
type SessionEnd struct{}
