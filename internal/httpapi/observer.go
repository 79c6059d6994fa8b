package httpapi

import (
	"time"

	"github.com/claimcall/claimcall/protocol"
)

// Observer is told what comes and goes, to count it. Its methods are called concurrently, and must not block.
type Observer interface {
	// SocketOpened is a socket that was let in, before its sign-in.
	SocketOpened()
	// SocketSignedIn is one whose token was taken.
	SocketSignedIn(role protocol.Role)
	// SocketClosed is the end of a socket after a life. Code is that with which the hub closed it, and 0 if it did not.
	SocketClosed(code protocol.CloseCode, life time.Duration)
	// Refused is a request that a limit turned away.
	Refused(limit Limit)
	// Login is an attempt to sign in by a method: "wechat", "oidc" or "ticket".
	Login(method string, outcome Outcome)
}

// Limit names what turned a request away.
type Limit string

// Limits of a node, and of one address.
const (
	LimitDraining       Limit = "draining"
	LimitRate           Limit = "rate"            // sockets opened on this node
	LimitSockets        Limit = "sockets"         // sockets of this node
	LimitWaiting        Limit = "waiting"         // sockets of this node that have not signed in
	LimitAddressRate    Limit = "address_rate"    // sockets opened by one address
	LimitAddressSockets Limit = "address_sockets" // sockets of one address
	LimitAddressWaiting Limit = "address_waiting" // sockets of one address that have not signed in
	LimitAddressFailed  Limit = "address_failed"  // sign-ins of one address that failed
	LimitAddressLogins  Limit = "address_logins"  // requests to sign in of one address
)

// Outcome is how an attempt to sign in ended.
type Outcome string

// Outcomes of an attempt to sign in.
const (
	OutcomeOK          Outcome = "ok"
	OutcomeRefused     Outcome = "refused"     // by whoever was asked who it is
	OutcomeUnavailable Outcome = "unavailable" // who was to be asked does not answer
)

// unobserved is an Observer that counts nothing.
type unobserved struct{}

func (unobserved) SocketOpened()                                  {}
func (unobserved) SocketSignedIn(protocol.Role)                   {}
func (unobserved) SocketClosed(protocol.CloseCode, time.Duration) {}
func (unobserved) Refused(Limit)                                  {}
func (unobserved) Login(string, Outcome)                          {}
