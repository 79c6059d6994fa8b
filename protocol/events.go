package protocol

// CallQueued tells the claimant their place in the queue.
type CallQueued struct {
	Call Call `json:"call"`
	// Position is 1 for the next to be served.
	Position int `json:"position"`
	// WaitMS is an estimate.
	WaitMS int64 `json:"wait_ms"`
}

// CallEvent is the data of events that say nothing beyond the view: call.ringing, call.accept.
type CallEvent struct {
	Call Call `json:"call"`
}

// CallInvited rings at every session of the called party.
type CallInvited struct {
	Call Call `json:"call"`
	// ExpiresAt is when the ring ends by itself.
	ExpiresAt Time `json:"expires_at"`
}

// CallWithdrawn stops the ringing at sessions that did not win the call.
type CallWithdrawn struct {
	Call   Call           `json:"call"`
	Reason WithdrawReason `json:"reason"`
}

// CallJoined tells both sides that one of them has joined.
type CallJoined struct {
	Call Call    `json:"call"`
	Leg  LegName `json:"leg"`
}

// CallStreams gives one side its own streams, and again whenever there is a new generation.
type CallStreams struct {
	Call    Call    `json:"call"`
	Streams Streams `json:"streams"`
}

// CallPeer tells one side how the other is connected.
type CallPeer struct {
	Call Call    `json:"call"`
	Leg  LegName `json:"leg"`
	Link Link    `json:"link"`
}

// CallProfile tells both sides that the stream of one of them gets across better or worse than before.
type CallProfile struct {
	Call Call `json:"call"`
	// Leg is whose stream it is.
	Leg     LegName `json:"leg"`
	Quality Quality `json:"quality"`
	// Profile is what that leg is to push with from now.
	Profile Profile `json:"profile"`
	// Propose is audio when the stream has been bad for so long that the people may want sound alone.
	Propose Media `json:"propose,omitempty"`
}

// CallHangup tells both sides that the call is over.
type CallHangup struct {
	Call   Call   `json:"call"`
	Reason Reason `json:"reason"`
	By     Actor  `json:"by"`
}

// AvailabilityEvent tells the adjuster's sessions what holds now.
type AvailabilityEvent struct {
	State  Availability       `json:"state"`
	Reason AvailabilityReason `json:"reason,omitempty"`
	// Until is when a wrap-up ends by itself.
	Until Time `json:"until,omitzero"`
}

// QueueEvent tells a session that watches the queue who waits now.
type QueueEvent struct {
	Queue Queue `json:"queue"`
}

// Bye is the last event on a socket; the close follows.
type Bye struct {
	// Code is the close code that follows.
	Code CloseCode `json:"code"`
	// Reconnect is whether to come back.
	Reconnect bool `json:"reconnect"`
	// AfterMS is how long to wait first. The hub spreads it over its clients.
	AfterMS int64 `json:"after_ms"`
}
