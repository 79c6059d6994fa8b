package protocol

// Call is the whole view of a call as one party sees it. Every call event and answer carries
// it, so a lost event is healed by the next one. A client keeps the view with the highest
// version per call id and drops older ones.
type Call struct {
	// ID is the call's name and at the same time its room, where the media meets.
	ID string `json:"id"`
	// Version counts the changes of this call; it never goes backwards.
	Version int64 `json:"version"`
	State   State `json:"state"`
	// ClaimNo is the insurer's number of the claim this call is about.
	ClaimNo string `json:"claim_no"`
	Queue   string `json:"queue"`
	Media   Media  `json:"media"`
	// Skills are what the claimant asked an adjuster to have.
	Skills []string `json:"skills,omitempty"`
	// Note is what the claimant wrote for the adjuster.
	Note string `json:"note,omitempty"`
	// Notes are what the adjuster wrote. Claimants never see them.
	Notes      string `json:"notes,omitempty"`
	CreatedAt  Time   `json:"created_at"`
	AcceptedAt Time   `json:"accepted_at,omitzero"`
	// ActiveAt is when both sides had joined.
	ActiveAt Time `json:"active_at,omitzero"`
	EndedAt  Time `json:"ended_at,omitzero"`
	// Deadline is when the present state ends by itself: the ring, the join, the wait, the call.
	Deadline Time `json:"deadline,omitzero"`
	// You is the side of the one who reads this.
	You  LegName `json:"you"`
	Legs Legs    `json:"legs"`
	// End is there once the call is over.
	End *End `json:"end,omitempty"`
}

// Legs are the two sides of a call.
type Legs struct {
	Claimant Leg `json:"claimant"`
	// Adjuster is missing while the call waits in a queue.
	Adjuster *Leg `json:"adjuster,omitempty"`
}

// Leg is one side of a call.
type Leg struct {
	User string `json:"user"`
	Name string `json:"name"`
	// Joined is true once a device of this side has sent call.join.
	Joined bool `json:"joined"`
	Link   Link `json:"link"`
	// Quality is how well this side's stream gets across; missing means good, or not known.
	Quality Quality `json:"quality,omitempty"`
}

// Queue is who waits in the queues that a person serves.
type Queue struct {
	// Total is how many calls wait, also those that are not listed.
	Total int `json:"total"`
	// Waiting lists the first of them, the oldest first.
	Waiting []Waiting `json:"waiting"`
}

// Waiting is one call that waits for an adjuster.
type Waiting struct {
	Call    string   `json:"call"`
	ClaimNo string   `json:"claim_no"`
	Queue   string   `json:"queue"`
	Skills  []string `json:"skills"`
	Media   Media    `json:"media"`
	// Note is how the claimant's note begins.
	Note string `json:"note,omitempty"`
	// Since is when the claimant asked for the call.
	Since Time `json:"since"`
	// Link is how the claimant is connected.
	Link Link `json:"link"`
}

// End says how a call ended.
type End struct {
	Reason Reason `json:"reason"`
	By     Actor  `json:"by"`
}

// Streams is where one side of a call publishes and what it plays. It is a secret of that side:
// whoever has the URLs can use them until they expire.
type Streams struct {
	// Provider is the media service that carries this generation.
	Provider string `json:"provider"`
	// Generation counts the hand-outs of this call. Errors of media that belong to an older
	// generation than the newest one known are to be ignored.
	Generation int `json:"generation"`
	// ExpiresAt is until when the URLs can be opened. What is open then stays open.
	ExpiresAt Time `json:"expires_at"`
	// Push lists where to publish, best first.
	Push []StreamURL `json:"push"`
	// Play lists where to play the other side, best first.
	Play    []StreamURL `json:"play"`
	Profile Profile     `json:"profile"`
}

// StreamURL is one way to publish or play a stream.
type StreamURL struct {
	Protocol StreamProtocol `json:"protocol"`
	// URL is complete, signature included. It must not be logged.
	URL string `json:"url"`
}

// Profile holds what a publisher and a player should be set to. The names are those of the
// mini-program's live-pusher and live-player, in snake case and with units.
type Profile struct {
	// Mode is the live-pusher's mode and the live-player's: RTC.
	Mode           string `json:"mode"`
	MinBitrateKbps int    `json:"min_bitrate_kbps"`
	MaxBitrateKbps int    `json:"max_bitrate_kbps"`
	FPS            int    `json:"fps"`
	// Width and Height are pixels of the picture held upright.
	Width  int `json:"width"`
	Height int `json:"height"`
	// AudioQuality is high (48 kHz) or low (16 kHz).
	AudioQuality string `json:"audio_quality"`
	// EnableAGC is automatic gain control.
	EnableAGC bool `json:"enable_agc"`
	// EnableANS is noise suppression.
	EnableANS bool `json:"enable_ans"`
	// MinCacheMS and MaxCacheMS bound what a player buffers; missing, leave the player's own.
	MinCacheMS int `json:"min_cache_ms,omitempty"`
	MaxCacheMS int `json:"max_cache_ms,omitempty"`
}
