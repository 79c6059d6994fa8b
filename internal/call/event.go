package call

// Event is something that happened to a call. The types of this file are all there are.
type Event interface{ event() }

// Ring puts a queued call to an adjuster. The adjuster's presence must be held in the same commit.
type Ring struct {
	User string // the adjuster's ID
	Name string
	Seen int64 // version of the presence in which the adjuster was found free
}

// PickUp is an adjuster taking a waiting call without being rung: by inviting the very claimant who is calling.
// The adjuster's presence must be held in the same commit.
type PickUp struct {
	User    string // the adjuster's ID
	Name    string
	Session string
	Seen    int64 // version of the adjuster's presence
}

// Accept is the called party's yes, from one of its sessions.
type Accept struct {
	By        User
	Session   string
	RequestID string // of the claimant's request that says yes to an invite for the same claim
}

// Reject is the called party's no. Session may be empty.
type Reject struct {
	By      User
	Session string
	Why     string // in the party's own words, for the record; may be empty
}

// Join puts a session of a party on its leg. From a second session it moves the leg there.
type Join struct {
	By      User
	Session string
	Avoid   []string // providers known to be down, of which the call's first one is none if that can be
}

// Cancel is the caller giving up.
type Cancel struct{ By User }

// Hangup ends an accepted call; before that it cancels or rejects, as fits the side.
type Hangup struct {
	By      User
	Session string
}

// Refresh asks for streams of a new generation. Generation, when not 0, is the one that failed: if a newer one
// exists already, nothing changes.
type Refresh struct {
	By         User
	Session    string
	Generation int
}

// ProviderFailed says that the provider in use can't carry a generation: the next one takes over. Of an older generation
// than the call's it is ignored. When no provider is left, a party's word ends the call, and nobody else's changes anything.
type ProviderFailed struct {
	By         User // the party whose device can't reach it; zero when it was found out otherwise
	Session    string
	Generation int      // the one that failed; 0 for the newest
	Avoid      []string // providers known to be down, taken by a party's word alone and only when no other is left
}

// Reported is how well the streams of a leg get across as its device measures, smoothed by a Meter. An old generation is
// ignored.
type Reported struct {
	By         User
	Session    string
	Generation int       // 0 for the newest
	Measured   *Measured // nil while the device has nothing to say yet
}

// PresenceChanged tells a call which sessions of a user have a socket. Versions order such events:
// one that is older than what the leg has seen is ignored, and the same one again changes nothing.
type PresenceChanged struct {
	User     User
	Version  int64
	Sessions []string // IDs of the sessions with a socket
}

// FlowChanged tells what the media side sees of a leg's push. Another generation than the call's is ignored.
type FlowChanged struct {
	Leg        Role
	Generation int
	Publishing bool
}

// Noted replaces the adjuster's notes, also when the call has ended. The state stays, and nobody else is told.
type Noted struct {
	By   User
	Text string
}

// Left says that a user has signed out of the last device and will not be back by it: a ring at this user is given up at
// once. For everything else the grace runs as after any lost socket.
type Left struct{ User User }

// Finish ends the call whatever its state.
type Finish struct{ Reason Reason }

// Tick does what is due by now, and nothing when it comes early.
type Tick struct {
	Avoid []string // providers known to be down, to which no timer moves a call
}

func (Ring) event()            {}
func (PickUp) event()          {}
func (Accept) event()          {}
func (Reject) event()          {}
func (Join) event()            {}
func (Cancel) event()          {}
func (Hangup) event()          {}
func (Refresh) event()         {}
func (ProviderFailed) event()  {}
func (Reported) event()        {}
func (PresenceChanged) event() {}
func (FlowChanged) event()     {}
func (Noted) event()           {}
func (Left) event()            {}
func (Finish) event()          {}
func (Tick) event()            {}
