package call

// Effect is something that must follow from a step. Notify, Hold, Take and Release belong into the
// same commit as the call. DropStreams comes after it, and may be repeated.
type Effect interface{ effect() }

// Notice is the kind of a notification, named as the event on the wire.
type Notice string

// The notices that a call gives.
const (
	NoticeQueued    Notice = "call.queued"
	NoticeRinging   Notice = "call.ringing"
	NoticeInvite    Notice = "call.invite"
	NoticeWithdrawn Notice = "call.withdrawn"
	NoticeAccept    Notice = "call.accept"
	NoticeJoined    Notice = "call.joined"
	NoticeStreams   Notice = "call.streams"
	NoticePeer      Notice = "call.peer"
	NoticeProfile   Notice = "call.profile"
	NoticeHangup    Notice = "call.hangup"
)

// Notify tells a user's sessions what happened.
type Notify struct {
	Notice  Notice
	To      User
	Session string // if set, only this session
	Except  string // if set, every session but this one

	Reason Reason // of NoticeWithdrawn and NoticeHangup
	By     Role   // of NoticeHangup
	Leg    Role   // of NoticeJoined, NoticePeer and NoticeProfile

	Propose Media // of NoticeProfile: what to go over to, if the people agree; empty for nothing
}

// Hold reserves a user for the call. A user has at most one hold.
type Hold struct {
	User    User
	Ringing bool // for an adjuster who is rung and not yet in the call
}

// Take turns the hold of a rung adjuster into being in the call.
type Take struct{ User User }

// Release ends the hold of a user.
type Release struct {
	User   User
	Missed bool // the ring came to nothing by the adjuster's doing
	WrapUp bool // the adjuster was in the call and gets time to finish up
}

// DropStreams ends both streams of a generation.
type DropStreams struct {
	Provider   string
	Generation int
}

func (Notify) effect()      {}
func (Hold) effect()        {}
func (Take) effect()        {}
func (Release) effect()     {}
func (DropStreams) effect() {}
