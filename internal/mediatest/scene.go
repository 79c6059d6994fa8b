package mediatest

import "math"

// Picture is what is to be seen, as the colours of seven columns from left to right, a letter for each: k black, b blue,
// g green, c cyan, r red, m magenta, y yellow, w white. They survive every codec.
type Picture string

// Pictures to push.
const (
	Bars Picture = "wycgmrb" // colour bars
	Red  Picture = "rrrrrrr"
	Blue Picture = "bbbbbbb"
)

// source is the picture in ffmpeg's words, to which options are added.
func (p Picture) source() string {
	switch p {
	case Bars:
		return "smptebars="
	case Red:
		return "color=c=red:"
	default:
		return "color=c=blue:"
	}
}

// Scene is a picture and a tone.
type Scene struct {
	Picture Picture
	Hz      int // of the tone; 0 for none that is known
}

// ClaimantScene is what the claimant's side pushes.
func ClaimantScene() Scene { return Scene{Picture: Bars, Hz: 440} }

// AdjusterScene is what the adjuster's side pushes.
func AdjusterScene() Scene { return Scene{Picture: Red, Hz: 1000} }

// What a player decodes to.
const (
	columns    = 7
	width      = 8 * columns // pixels
	height     = 32
	frameSize  = width * height * 3 // bytes of RGB
	sampleRate = 8000
	window     = sampleRate / 2 // samples that a tone is looked for in
)

// pictureOf reads the colours of a frame in its upper half, where colour bars are plain. Each column's middle counts; the
// edges are blurred.
func pictureOf(frame []byte) Picture {
	var p [columns]byte
	for column := range columns {
		p[column] = "kbgcrmyw"[colour(frame, column)]
	}
	return Picture(p[:])
}

// colour is 4 for red, 2 for green and 1 for blue, added up.
func colour(frame []byte, column int) int {
	var sum [3]int
	const rows, wide = height / 2, width / columns
	for y := range rows {
		for x := column*wide + 2; x < (column+1)*wide-2; x++ {
			for channel := range sum {
				sum[channel] += int(frame[(y*width+x)*3+channel])
			}
		}
	}
	bits := 0
	for _, s := range sum {
		bits <<= 1
		if s/(rows*(wide-4)) > 96 {
			bits++
		}
	}
	return bits
}

// toneOf returns the one of the scenes' tones that makes up most of the sound, or 0.
func toneOf(samples []int16) int {
	for _, hz := range []int{ClaimantScene().Hz, AdjusterScene().Hz} {
		if share(samples, hz) > 0.5 {
			return hz
		}
	}
	return 0
}

// share is how much of the energy of the samples is a sine of that frequency, from 0 to 1: Goertzel's algorithm.
func share(samples []int16, hz int) float64 {
	factor := 2 * math.Cos(2*math.Pi*float64(hz)/sampleRate)
	var last, before, energy float64
	for _, sample := range samples {
		x := float64(sample)
		last, before = x+factor*last-before, last
		energy += x * x
	}
	if energy == 0 {
		return 0
	}
	power := last*last + before*before - factor*last*before
	return 2 * power / (energy * float64(len(samples)))
}
