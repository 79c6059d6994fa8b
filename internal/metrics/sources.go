package metrics

import (
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/claimcall/claimcall/protocol"
)

// Sources are what is asked when somebody scrapes. None of them may block.
type Sources struct {
	// Sessions are the sockets signed in, by role.
	Sessions func() map[protocol.Role]int
	// Providers are the media services, and Health is nil for one that can carry calls.
	Providers []string
	Health    func(provider string) error
	// Bus says when the last heartbeat of the node came back by the way that messages go, and how long it took. Nil where
	// messages do not leave the process.
	Bus func() (last time.Time, lag time.Duration)
}

// Watch has what is scraped contain what the sources say. Call it once.
func (m *Metrics) Watch(s Sources) {
	m.registry.MustRegister(&watcher{
		Sources:  s,
		sessions: desc("sessions", "Sockets that are signed in.", "role"),
		provider: desc("provider_up", "1 if a media service can carry calls.", "provider"),
		lag:      desc("bus_lag_seconds", "How long the last heartbeat of this node took by the way that messages go."),
		age:      desc("bus_heartbeat_age_seconds", "How long ago the last heartbeat of this node came back; one is sent each second."),
	})
}

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(namespace+"_"+name, help, labels, nil)
}

// watcher is a prometheus.Collector.
type watcher struct {
	Sources
	sessions, provider, lag, age *prometheus.Desc
}

// Describe implements prometheus.Collector.
func (w *watcher) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{w.sessions, w.provider, w.lag, w.age} {
		to <- d
	}
}

// Collect implements prometheus.Collector.
func (w *watcher) Collect(to chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, value float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	signedIn := w.Sessions()
	for _, role := range []protocol.Role{protocol.RoleClaimant, protocol.RoleAdjuster, protocol.RoleSupervisor} {
		gauge(w.sessions, float64(signedIn[role]), string(role))
	}
	for _, name := range w.Providers {
		up := 1.0
		if w.Health(name) != nil {
			up = 0
		}
		gauge(w.provider, up, name)
	}
	if w.Bus == nil {
		return
	}
	if last, lag := w.Bus(); !last.IsZero() {
		gauge(w.lag, lag.Seconds())
		gauge(w.age, time.Since(last).Seconds())
	}
}

// Hooks counts the requests of media services, which come as /hooks/PROVIDER/SECRET, by what they are answered: ok, refused
// or failed. A provider that is not among the given ones counts as other.
func (m *Metrics) Hooks(providers []string, next http.Handler) http.Handler {
	known := map[string]bool{}
	for _, name := range providers {
		known[name] = true
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/hooks/"), "/")
		if !known[name] {
			name = "other"
		}
		noted := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(noted, r)
		m.hooks.WithLabelValues(name, outcome(noted.status)).Inc()
	})
}

// outcome sums an HTTP status up.
func outcome(status int) string {
	switch {
	case status < 400:
		return "ok"
	case status < 500:
		return "refused"
	}
	return "failed"
}

// Told counts a try to tell a receiver of an event: told, failed, or given_up after the last one.
func (m *Metrics) Told(receiver, outcome string) { m.tries.WithLabelValues(receiver, outcome).Inc() }

// statusWriter notes the status of an answer.
type statusWriter struct {
	http.ResponseWriter
	status int
}

// WriteHeader notes the status.
func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}
