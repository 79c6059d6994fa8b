package protocol

import "slices"

// Type is the type of an envelope.
type Type string

// Commands, from client to hub. call.invite, call.accept and call.hangup are also events, with
// other data.
const (
	TypeHello           Type = "hello"
	TypePing            Type = "ping"
	TypeTokenRefresh    Type = "token.refresh"
	TypeCallRequest     Type = "call.request"
	TypeCallInvite      Type = "call.invite"
	TypeCallAccept      Type = "call.accept"
	TypeCallReject      Type = "call.reject"
	TypeCallJoin        Type = "call.join"
	TypeCallCancel      Type = "call.cancel"
	TypeCallHangup      Type = "call.hangup"
	TypeStreamsRefresh  Type = "streams.refresh"
	TypeStreamsReport   Type = "streams.report"
	TypeAvailabilitySet Type = "availability.set"
	TypeCallNote        Type = "call.note"
	TypeQueueWatch      Type = "queue.watch"
	TypeSessionEnd      Type = "session.end"
)

// Answers, from hub to client, with the id of the command.
const (
	TypeOK      Type = "ok"
	TypeError   Type = "error"
	TypeWelcome Type = "welcome"
	TypePong    Type = "pong"
)

// Events, from hub to client, without an id.
const (
	TypeCallQueued    Type = "call.queued"
	TypeCallRinging   Type = "call.ringing"
	TypeCallWithdrawn Type = "call.withdrawn"
	TypeCallJoined    Type = "call.joined"
	TypeCallStreams   Type = "call.streams"
	TypeCallPeer      Type = "call.peer"
	TypeCallProfile   Type = "call.profile"
	TypeAvailability  Type = "availability"
	TypeQueue         Type = "queue"
	TypeBye           Type = "bye"
)

// Command is a line of the table of commands.
type Command struct {
	Type Type
	// Roles are who may send it.
	Roles []Role
	// Answer is the type of the answer when it went well; otherwise it is TypeError.
	Answer Type
	// NewData returns a pointer to fresh data of the command.
	NewData func() any
	// NewAnswer returns a pointer to fresh data of the answer.
	NewAnswer func() any
}

// Allows reports whether role may send the command.
func (c Command) Allows(role Role) bool { return slices.Contains(c.Roles, role) }

// Event is a line of the table of events.
type Event struct {
	Type Type
	// To says in words who gets it.
	To string
	// NewData returns a pointer to fresh data of the event.
	NewData func() any
}

// fresh returns a constructor for a payload.
func fresh[T any]() func() any { return func() any { return new(T) } }

// The sets of roles a command may be open to. A party of a call is a claimant or an adjuster.
var (
	everyone  = []Role{RoleClaimant, RoleAdjuster, RoleSupervisor}
	parties   = []Role{RoleClaimant, RoleAdjuster}
	claimants = []Role{RoleClaimant}
	adjusters = []Role{RoleAdjuster}
	watchers  = []Role{RoleAdjuster, RoleSupervisor}
)

var commandTable = []Command{
	{TypeHello, everyone, TypeWelcome, fresh[Hello](), fresh[Welcome]()},
	{TypePing, everyone, TypePong, fresh[Ping](), fresh[Pong]()},
	{TypeTokenRefresh, everyone, TypeOK, fresh[TokenRefresh](), fresh[Empty]()},
	{TypeCallRequest, claimants, TypeOK, fresh[CallRequest](), fresh[CallAnswer]()},
	{TypeCallInvite, adjusters, TypeOK, fresh[CallInviteCommand](), fresh[CallAnswer]()},
	{TypeCallAccept, parties, TypeOK, fresh[CallRef](), fresh[CallAnswer]()},
	{TypeCallReject, parties, TypeOK, fresh[CallReject](), fresh[CallAnswer]()},
	{TypeCallJoin, parties, TypeOK, fresh[CallRef](), fresh[CallAnswer]()},
	{TypeCallCancel, parties, TypeOK, fresh[CallRef](), fresh[CallAnswer]()},
	{TypeCallHangup, parties, TypeOK, fresh[CallRef](), fresh[CallAnswer]()},
	{TypeStreamsRefresh, parties, TypeOK, fresh[StreamsRefresh](), fresh[StreamsAnswer]()},
	{TypeStreamsReport, parties, TypeOK, fresh[StreamsReport](), fresh[Empty]()},
	{TypeAvailabilitySet, adjusters, TypeOK, fresh[AvailabilitySet](), fresh[AvailabilityAnswer]()},
	{TypeCallNote, adjusters, TypeOK, fresh[CallNote](), fresh[CallAnswer]()},
	{TypeQueueWatch, watchers, TypeOK, fresh[QueueWatch](), fresh[QueueAnswer]()},
	{TypeSessionEnd, everyone, TypeOK, fresh[SessionEnd](), fresh[Empty]()},
}

var eventTable = []Event{
	{TypeCallQueued, "the claimant", fresh[CallQueued]()},
	{TypeCallRinging, "the caller", fresh[CallEvent]()},
	{TypeCallInvite, "every session of the called party", fresh[CallInvited]()},
	{TypeCallWithdrawn, "sessions that rang and did not win", fresh[CallWithdrawn]()},
	{TypeCallAccept, "both sides", fresh[CallEvent]()},
	{TypeCallJoined, "both sides", fresh[CallJoined]()},
	{TypeCallStreams, "each side its own", fresh[CallStreams]()},
	{TypeCallPeer, "the other side", fresh[CallPeer]()},
	{TypeCallProfile, "both sides", fresh[CallProfile]()},
	{TypeCallHangup, "both sides", fresh[CallHangup]()},
	{TypeAvailability, "the adjuster's sessions", fresh[AvailabilityEvent]()},
	{TypeQueue, "sessions that watch the queue", fresh[QueueEvent]()},
	{TypeBye, "everyone on the socket that closes", fresh[Bye]()},
}

// Commands returns the table of commands in the order of PROTOCOL.md.
func Commands() []Command { return slices.Clone(commandTable) }

// Events returns the table of events in the order of PROTOCOL.md.
func Events() []Event { return slices.Clone(eventTable) }

// LookupCommand returns the line of t, and false for types this version does not have.
func LookupCommand(t Type) (Command, bool) {
	i := slices.IndexFunc(commandTable, func(c Command) bool { return c.Type == t })
	if i < 0 {
		return Command{}, false
	}
	return commandTable[i], true
}

// LookupEvent returns the line of t, and false for types this version does not have.
func LookupEvent(t Type) (Event, bool) {
	i := slices.IndexFunc(eventTable, func(e Event) bool { return e.Type == t })
	if i < 0 {
		return Event{}, false
	}
	return eventTable[i], true
}
