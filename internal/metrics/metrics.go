package metrics

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics counts. All methods may be called concurrently.
type Metrics struct {
	registry *prometheus.Registry
	sockets
	calls
	stores
	hooks *prometheus.CounterVec
	tries *prometheus.CounterVec
}

// New returns metrics in a registry of their own. The version is that of the program.
func New(version string) *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry()}
	m.sockets.register(m.registry)
	m.calls.register(m.registry)
	m.stores.register(m.registry)
	m.hooks = counters(m.registry, "hooks_total", "Requests of media services, by what they were answered.", "provider", "outcome")
	m.tries = counters(m.registry, "webhook_tries_total", "Tries to tell a receiver of an event.", "receiver", "outcome")
	build := prometheus.NewGaugeVec(opts("build_info", "1, with the version of the program."), []string{"version"})
	build.WithLabelValues(version).Set(1)
	m.registry.MustRegister(build, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Handler serves what was counted.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError})
}

// namespace begins every name.
const namespace = "claimcall"

func opts(name, help string) prometheus.GaugeOpts {
	return prometheus.GaugeOpts{Namespace: namespace, Name: name, Help: help}
}

func counter(r prometheus.Registerer, name, help string) prometheus.Counter {
	c := prometheus.NewCounter(prometheus.CounterOpts(opts(name, help)))
	r.MustRegister(c)
	return c
}

func counters(r prometheus.Registerer, name, help string, labels ...string) *prometheus.CounterVec {
	c := prometheus.NewCounterVec(prometheus.CounterOpts(opts(name, help)), labels)
	r.MustRegister(c)
	return c
}

// times is a histogram of durations with the given upper bounds, in seconds.
func times(r prometheus.Registerer, name, help string, bounds []float64, labels ...string) *prometheus.HistogramVec {
	h := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Namespace: namespace, Name: name, Help: help, Buckets: bounds,
	}, labels)
	r.MustRegister(h)
	return h
}

// Upper bounds of durations, in seconds.
func machineTimes() []float64 {
	return []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5}
}

func humanTimes() []float64 {
	return []float64{1, 2, 5, 10, 15, 20, 30, 45, 60, 120, 300, 600, 1200, 3600, 7200}
}
