package config

import "errors"

// Limits bound what clients may cost one node.
type Limits struct {
	MaxSockets        int     `env:"CLAIMCALL_MAX_SOCKETS" default:"200000" help:"Sockets of this node."`
	MaxSocketsAddress int     `env:"CLAIMCALL_MAX_SOCKETS_ADDRESS" default:"50000" help:"Sockets of one address."`
	MaxWaiting        int     `env:"CLAIMCALL_MAX_WAITING" default:"8192" help:"Sockets that have not signed in."`
	MaxWaitingAddress int     `env:"CLAIMCALL_MAX_WAITING_ADDRESS" default:"2048" help:"The same, of one address."`
	ConnectRate       float64 `env:"CLAIMCALL_CONNECT_RATE" default:"5000" help:"Sockets opened per second, over time; five times as many at once."`
	ConnectRateAddr   float64 `name:"connect-rate-address" env:"CLAIMCALL_CONNECT_RATE_ADDRESS" default:"2000" help:"The same, of one address."`
	LoginRateAddr     float64 `name:"login-rate-address" env:"CLAIMCALL_LOGIN_RATE_ADDRESS" default:"300" help:"Requests to sign in per minute of one address."`
	CommandRate       float64 `env:"CLAIMCALL_COMMAND_RATE" default:"5" help:"Commands per second of one user, over time."`
	CommandBurst      int     `env:"CLAIMCALL_COMMAND_BURST" default:"50" help:"Commands of one user at once."`
	CallRate          float64 `env:"CLAIMCALL_CALL_RATE" default:"1" help:"Calls begun per second by one user, over time."`
	CallBurst         int     `env:"CLAIMCALL_CALL_BURST" default:"30" help:"Calls begun by one user at once."`
	SendQueue         int     `env:"CLAIMCALL_SEND_QUEUE" default:"262144" help:"Bytes that may wait for a client that reads slowly."`
}

// minQueue has the largest snapshot pass.
const minQueue = 64 << 10

func (l *Limits) check() error {
	var errs []error
	for _, one := range []struct {
		flag  string
		value float64
	}{
		{"max-sockets", float64(l.MaxSockets)}, {"max-sockets-address", float64(l.MaxSocketsAddress)},
		{"max-waiting", float64(l.MaxWaiting)}, {"max-waiting-address", float64(l.MaxWaitingAddress)},
		{"connect-rate", l.ConnectRate}, {"connect-rate-address", l.ConnectRateAddr}, {"login-rate-address", l.LoginRateAddr},
		{"command-rate", l.CommandRate}, {"command-burst", float64(l.CommandBurst)},
		{"call-rate", l.CallRate}, {"call-burst", float64(l.CallBurst)},
	} {
		if !(one.value > 0) {
			errs = append(errs, wrong(one.flag, "is %v: wanted more than 0", one.value))
		}
	}
	if l.SendQueue < minQueue {
		errs = append(errs, wrong("send-queue", "is %d: wanted at least %d", l.SendQueue, minQueue))
	}
	return errors.Join(errs...)
}
