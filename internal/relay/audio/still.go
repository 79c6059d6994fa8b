package audio

// stillFrames is how many silent frames there have to be until each gives the same as the one before: what the codec keeps
// of the sound has gone, whichever codec it is.
const stillFrames = 8

// loudness is what a sample has at least for it to be heard: half of what 16 bits can tell.
const loudness = 1.0 / (1 << 16)

// stillness counts silent frames. A muted microphone sends nothing else, and encoding silence is more work than it is worth:
// an encoder that looks for the best use of its bits finds none and tries again.
type stillness struct{ frames int }

// after takes the next frame, and reports whether it sounds, and all that an encoder has to know of before it, like the one
// before.
func (s *stillness) after(planes [][]float32) bool {
	for _, plane := range planes {
		for _, v := range plane {
			if v > loudness || v < -loudness {
				s.frames = 0
				return false
			}
		}
	}
	s.frames++
	return s.frames > stillFrames
}
