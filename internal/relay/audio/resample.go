package audio

import (
	"math"
	"sync"
)

const (
	// phases is between how many positions of a sample the filter is known; in between it is interpolated. From all usual
	// rates to 48 kHz the positions are among these as long as nothing is stretched.
	phases = 960
	// taps is how many input samples make one output sample.
	taps = 48
	// lead is how many of them lie before it.
	lead = taps/2 - 1
	// shape is that of the Kaiser window: what is not wanted is 90 dB down.
	shape = 9.0
	// passband is the part of the bandwidth that is kept whole or in part; the middle of the filter's edge.
	passband = 0.92
	// glide is how fast the positions go back to where they are without a stretch, in phases per output sample. It is a
	// change of pitch by half a thousandth, for 20 ms at most.
	glide = phases / 2000.0
)

type filter [taps]float32

// filters is the bank of windowed sinc filters that all resamplers share. It is made for the first that has to filter.
var filters = sync.OnceValue(func() *[phases + 1]filter {
	bank := new([phases + 1]filter)
	for phase := range phases/2 + 1 {
		f := &bank[phase]
		*f = newFilter(float64(phase) / phases)
		for i, v := range f { // what lies as far before the middle is its mirror image
			bank[phases-phase][taps-1-i] = v
		}
	}
	return bank
})

// newFilter computes the filter for an output sample that lies at the fraction behind the middle of the taps. Its sum is 1.
func newFilter(fraction float64) (f filter) {
	var sum float64
	var exact [taps]float64
	for i := range exact {
		x := float64(i-lead) - fraction
		exact[i] = sinc(passband*x) * kaiser(x/(taps/2))
		sum += exact[i]
	}
	for i, v := range exact {
		f[i] = float32(v / sum)
	}
	return f
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
	return bessel(shape * math.Sqrt(1-x*x)) // which is not 1 in the middle, but filters are scaled anyway
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

// resampler brings samples up to [rate], and stretches them by a little more or less on the way. It is for one stream: where
// one call ends the next one goes on. Samples that have the rate already and are not stretched pass as they are.
type resampler struct {
	channels int
	// step is how many input samples one output sample is long, grid where output samples lie without a stretch: on
	// multiples of it. Both are in phases of an input sample, as position is.
	step, grid float64
	// history are the input samples that are still needed, position is where in them the next output sample's filter begins.
	history  []float32
	position float64
	out      []float32
	mix      filter
}

// newResampler returns one from a rate of at most that which comes out, in samples per second.
func newResampler(from, channels int) *resampler {
	r := &resampler{channels: channels, step: float64(from) * phases / rate, grid: 1}
	switch {
	case from == rate:
		r.grid = phases
	case r.step != math.Trunc(r.step):
		r.grid = 0.5 // 11.025 kHz
	}
	r.history = make([]float32, lead*channels) // so that the first output is at the first input
	return r
}

// resample returns the output that the input completes, longer by the part stretch than the rates say. It is valid until
// the next call.
func (r *resampler) resample(in []float32, stretch float64) []float32 {
	r.history = append(r.history, in...)
	r.out = r.out[:0]
	end := float64(len(r.history)/r.channels-taps+1) * phases // of the positions that have all their samples
	for r.position < end {
		if stretch == 0 && r.passes() {
			r.pass(end)
			break
		}
		r.sample()
		r.advance(stretch)
	}
	used := min(int(r.position/phases), len(r.history)/r.channels)
	r.history = r.history[:copy(r.history, r.history[used*r.channels:])]
	r.position -= float64(used) * phases
	return r.out
}

// passes reports whether output samples are input samples.
func (r *resampler) passes() bool { return r.grid == phases && r.off() == 0 }

// off is how far the position is from the grid.
func (r *resampler) off() float64 { return r.position - r.grid*math.Round(r.position/r.grid) }

// pass hands on the samples up to end.
func (r *resampler) pass(end float64) {
	begin, count := int(r.position/phases)+lead, int((end-r.position)/phases)
	r.out = append(r.out, r.history[begin*r.channels:(begin+count)*r.channels]...)
	r.position = end
}

// advance moves on by an output sample. What a stretch has moved the positions off the grid by is made up for after it, and
// not at once, which would be heard as a click.
func (r *resampler) advance(stretch float64) {
	if stretch != 0 {
		r.position += r.step / (1 + stretch)
		return
	}
	r.position -= min(max(r.off(), -glide), glide)
	r.position += r.step
}

// sample appends the output sample at the position.
func (r *resampler) sample() {
	bank := filters()
	whole := math.Floor(r.position)
	begin, phase, weight := int(whole)/phases, int(whole)%phases, float32(r.position-whole)
	f := &bank[phase]
	if weight != 0 {
		r.mix.between(f, &bank[phase+1], weight)
		f = &r.mix
	}
	window := r.history[begin*r.channels:]
	if r.channels == 1 {
		r.out = append(r.out, f.mono((*[taps]float32)(window)))
		return
	}
	left, right := f.stereo((*[2 * taps]float32)(window))
	r.out = append(r.out, left, right)
}

// between makes f the filter that lies by weight behind a and before b.
func (f *filter) between(a, b *filter, weight float32) {
	for i := range f {
		f[i] = a[i] + (b[i]-a[i])*weight
	}
}

// mono and stereo apply the filter. Sums on their own don't wait for each other.
func (f *filter) mono(in *[taps]float32) float32 {
	var a, b, c, d float32
	for i := 0; i < taps; i += 4 {
		a += in[i] * f[i]
		b += in[i+1] * f[i+1]
		c += in[i+2] * f[i+2]
		d += in[i+3] * f[i+3]
	}
	return a + b + (c + d)
}

func (f *filter) stereo(in *[2 * taps]float32) (left, right float32) {
	var a, b, c, d float32
	for i := 0; i < taps; i += 2 {
		a += in[2*i] * f[i]
		b += in[2*i+1] * f[i]
		c += in[2*i+2] * f[i+1]
		d += in[2*i+3] * f[i+1]
	}
	return a + c, b + d
}
