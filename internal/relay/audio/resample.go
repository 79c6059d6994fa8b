package audio

import "math"

const (
	// phases is between how many positions of a sample the filter is known; in between it is interpolated.
	phases = 256
	// taps is how many input samples make one output sample.
	taps = 48
	// shape is that of the Kaiser window: what is not wanted is 90 dB down.
	shape = 9.0
	// passband is the part of the lower of the two bandwidths that is kept whole or in part; the middle of the filter's edge.
	passband = 0.92
)

// resampler changes the sampling rate with a bank of windowed sinc filters, and by a little more or less on the way. It is
// for one stream: where one call ends the next one goes on.
type resampler struct {
	channels int
	// step is how many input samples one output sample is long.
	step float64
	bank [phases + 1][taps]float32
	// history are the input samples that are still needed, position is where in them the next output sample's filter begins.
	history  []float32
	position float64
	out      []float32
}

// newResampler returns one from a rate to another, in samples per second.
func newResampler(from, to, channels int) *resampler {
	r := &resampler{channels: channels, step: float64(from) / float64(to)}
	r.history = make([]float32, (taps/2-1)*channels) // so that the first output is at the first input
	cutoff := passband * min(1, float64(to)/float64(from))
	for phase := range r.bank {
		fillFilter(&r.bank[phase], float64(phase)/phases, cutoff)
	}
	return r
}

// fillFilter computes the filter for an output sample that lies at the fraction behind the middle of the taps. Its sum is 1.
func fillFilter(filter *[taps]float32, fraction, cutoff float64) {
	var sum float64
	var exact [taps]float64
	for i := range exact {
		x := float64(i-(taps/2-1)) - fraction
		exact[i] = sinc(cutoff*x) * kaiser(x/(taps/2))
		sum += exact[i]
	}
	for i, v := range exact {
		filter[i] = float32(v / sum)
	}
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	return math.Sin(math.Pi*x) / (math.Pi * x)
}

// kaiser is the window from -1 to 1.
func kaiser(x float64) float64 {
	if x <= -1 || x >= 1 {
		return 0
	}
	return bessel(shape*math.Sqrt(1-x*x)) / bessel(shape)
}

// bessel is the modified Bessel function of the first kind and order 0.
func bessel(x float64) float64 {
	sum, term := 1.0, 1.0
	for k := 1.0; term > sum*1e-12; k++ {
		term *= x / 2 / k * (x / 2 / k)
		sum += term
	}
	return sum
}

// resample returns the output that the input completes, longer by the part stretch than the rates say. It is valid until
// the next call.
func (r *resampler) resample(in []float32, stretch float64) []float32 {
	r.history = append(r.history, in...)
	r.out = r.out[:0]
	step := r.step / (1 + stretch)
	last := len(r.history)/r.channels - taps
	for ; int(r.position) <= last; r.position += step {
		r.sample(int(r.position), r.position-math.Floor(r.position))
	}
	used := min(int(r.position), len(r.history)/r.channels)
	r.history = r.history[:copy(r.history, r.history[used*r.channels:])]
	r.position -= float64(used)
	return r.out
}

// sample appends the output sample whose filter begins at that input sample.
func (r *resampler) sample(begin int, fraction float64) {
	at := fraction * phases
	phase := min(int(at), phases-1)
	weight := float32(at - float64(phase))
	low, high := &r.bank[phase], &r.bank[phase+1]
	for channel := range r.channels {
		window := r.history[begin*r.channels+channel:]
		var a, b float32
		for i := range taps {
			v := window[i*r.channels]
			a += v * low[i]
			b += v * high[i]
		}
		r.out = append(r.out, a+(b-a)*weight)
	}
}
