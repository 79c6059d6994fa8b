package protocol

// Welcome answers hello. It is the whole of what a client needs to draw its page.
type Welcome struct {
	// Session is the id of the session.
	Session string `json:"session"`
	// Resume is the secret to give in the next hello. Keep the newest only.
	Resume string `json:"resume"`
	// Resumed is true if the session went on, false if it is a new one.
	Resumed bool `json:"resumed"`
	User    User `json:"user"`
	// Time is the hub's clock, to count deadlines by.
	Time Time `json:"time"`
	// HeartbeatMS is when the first ping is due.
	HeartbeatMS int64 `json:"heartbeat_ms"`
	// Availability is there for adjusters.
	Availability Availability `json:"availability,omitempty"`
	// Call is the running call of this person, on whatever device it began.
	Call *Call `json:"call,omitempty"`
	// Streams are there if this session holds its leg of the call and has been given streams.
	Streams *Streams `json:"streams,omitempty"`
}

// User is who the hub takes the client for.
type User struct {
	ID   string `json:"id"`
	Role Role   `json:"role"`
	Name string `json:"name"`
}

// Pong answers ping.
type Pong struct {
	Time Time `json:"time"`
	// NextMS is when the next ping is due, counted from this answer. A session that stays silent
	// for 2.5 times as long is taken for lost.
	NextMS int64 `json:"next_ms"`
}

// Empty is the data of an answer that has nothing to say but ok.
type Empty struct{}

// CallAnswer answers the commands that change a call, with the view after the change.
type CallAnswer struct {
	Call Call `json:"call"`
}

// StreamsAnswer answers streams.refresh.
type StreamsAnswer struct {
	Call    Call    `json:"call"`
	Streams Streams `json:"streams"`
}

// AvailabilityAnswer answers availability.set with what holds now. During a call that is not
// what was asked for: the wish takes effect when the call is over.
type AvailabilityAnswer struct {
	Availability Availability `json:"availability"`
	// Until is when a wrap-up ends by itself.
	Until Time `json:"until,omitzero"`
}

// QueueAnswer answers queue.watch.
type QueueAnswer struct {
	// Queue is who waits now; missing when watching ended.
	Queue *Queue `json:"queue,omitempty"`
}
