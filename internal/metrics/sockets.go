package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/claimcall/claimcall/internal/httpapi"
	"github.com/claimcall/claimcall/protocol"
)

// sockets counts what comes and goes at the web server. It is a httpapi.Observer.
type sockets struct {
	opened, signIns, closed, refusals, logins *prometheus.CounterVec

	open prometheus.Gauge
	life *prometheus.HistogramVec
}

func (s *sockets) register(r prometheus.Registerer) {
	s.opened = counters(r, "sockets_opened_total", "Sockets that were let in.")
	s.open = prometheus.NewGauge(opts("sockets_open", "Sockets, signed in or about to be."))
	r.MustRegister(s.open)
	s.signIns = counters(r, "sign_ins_total", "Sockets whose token was taken.", "role")
	s.closed = counters(r, "sockets_closed_total", "Ends of sockets, by the code with which the hub closed them; client for those that it did not.", "code")
	s.life = times(r, "socket_seconds", "How long sockets lasted.", humanTimes())
	s.refusals = counters(r, "refusals_total", "Requests that a limit turned away.", "limit")
	s.logins = counters(r, "logins_total", "Attempts to sign in by other ways than a token.", "method", "outcome")
	s.opened.WithLabelValues() // a counter without labels is there from the start
	for _, limit := range limits() {
		s.refusals.WithLabelValues(string(limit))
	}
}

func limits() []httpapi.Limit {
	return []httpapi.Limit{
		httpapi.LimitDraining, httpapi.LimitRate, httpapi.LimitSockets, httpapi.LimitWaiting, httpapi.LimitAddressRate,
		httpapi.LimitAddressSockets, httpapi.LimitAddressWaiting, httpapi.LimitAddressFailed, httpapi.LimitAddressLogins,
	}
}

// SocketOpened implements httpapi.Observer.
func (s *sockets) SocketOpened() {
	s.opened.WithLabelValues().Inc()
	s.open.Inc()
}

// SocketSignedIn implements httpapi.Observer.
func (s *sockets) SocketSignedIn(role protocol.Role) { s.signIns.WithLabelValues(string(role)).Inc() }

// SocketClosed implements httpapi.Observer.
func (s *sockets) SocketClosed(code protocol.CloseCode, life time.Duration) {
	name := "client"
	if code != 0 {
		name = code.String()
	}
	s.closed.WithLabelValues(name).Inc()
	s.open.Dec()
	s.life.WithLabelValues().Observe(life.Seconds())
}

// Refused implements httpapi.Observer.
func (s *sockets) Refused(limit httpapi.Limit) { s.refusals.WithLabelValues(string(limit)).Inc() }

// Login implements httpapi.Observer.
func (s *sockets) Login(method string, outcome httpapi.Outcome) {
	s.logins.WithLabelValues(method, string(outcome)).Inc()
}
