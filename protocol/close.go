package protocol

import "strconv"

// CloseCode is the code of a WebSocket close frame. Its range says what a client shall do, so
// that codes added later are understood by clients of today: 4000 to 4499 come back, 4500 to
// 4999 do not.
type CloseCode int

// Codes after which to come back, with resume.
const (
	// CloseGoingAway is a node that drains. The bye before it says how long to wait.
	CloseGoingAway CloseCode = 4000
	// CloseHeartbeatTimeout is a client that stayed silent too long.
	CloseHeartbeatTimeout CloseCode = 4001
	// CloseSlowConsumer is a client that did not read what was sent to it.
	CloseSlowConsumer CloseCode = 4002
	// CloseInternal is a fault of the hub.
	CloseInternal CloseCode = 4003
	// CloseRateLimited is a client that sent far more than it may.
	CloseRateLimited CloseCode = 4004
)

// Codes after which not to come back without doing something about it first.
const (
	// CloseUnauthorized is a token that was refused: sign in again.
	CloseUnauthorized CloseCode = 4500
	// CloseTokenExpired is a token that ran out and was not refreshed: get a new one.
	CloseTokenExpired CloseCode = 4501
	// CloseHelloTimeout is a client that did not say hello in time.
	CloseHelloTimeout CloseCode = 4502
	// CloseHelloRequired is a client that sent something else before hello.
	CloseHelloRequired CloseCode = 4503
	// CloseForbidden is a person, address or origin that may not be here.
	CloseForbidden CloseCode = 4504
	// CloseReplaced is an old socket whose session went on with a newer one.
	CloseReplaced CloseCode = 4505
	// CloseBadFrame is a frame that is broken before hello, or too large to skip.
	CloseBadFrame CloseCode = 4506
	// CloseRevoked is a session that was ended by an administrator.
	CloseRevoked CloseCode = 4507
	// CloseTooManySessions is one person with too many devices: the oldest goes.
	CloseTooManySessions CloseCode = 4508
	// CloseSignedOut is a person who signed out, perhaps on another device.
	CloseSignedOut CloseCode = 4509
)

// CloseCodes returns every close code of this version in ascending order.
func CloseCodes() []CloseCode {
	return []CloseCode{
		CloseGoingAway, CloseHeartbeatTimeout, CloseSlowConsumer, CloseInternal, CloseRateLimited,
		CloseUnauthorized, CloseTokenExpired, CloseHelloTimeout, CloseHelloRequired, CloseForbidden,
		CloseReplaced, CloseBadFrame, CloseRevoked, CloseTooManySessions, CloseSignedOut,
	}
}

// Reconnect reports whether a client shall come back after c. Codes outside our range, such as
// 1006 for a lost network or 1001 from a proxy, are none of our saying: come back.
func (c CloseCode) Reconnect() bool {
	return c < 4500 || c > 4999
}

// String returns the word for c, which is also the reason text of the close frame.
func (c CloseCode) String() string {
	switch c {
	case CloseGoingAway:
		return "going_away"
	case CloseHeartbeatTimeout:
		return "heartbeat_timeout"
	case CloseSlowConsumer:
		return "slow_consumer"
	case CloseInternal:
		return "internal"
	case CloseRateLimited:
		return "rate_limited"
	case CloseUnauthorized:
		return "unauthorized"
	case CloseTokenExpired:
		return "token_expired"
	case CloseHelloTimeout:
		return "hello_timeout"
	case CloseHelloRequired:
		return "hello_required"
	case CloseForbidden:
		return "forbidden"
	case CloseReplaced:
		return "replaced"
	case CloseBadFrame:
		return "bad_frame"
	case CloseRevoked:
		return "revoked"
	case CloseTooManySessions:
		return "too_many_sessions"
	case CloseSignedOut:
		return "signed_out"
	}
	return "close_" + strconv.Itoa(int(c))
}
