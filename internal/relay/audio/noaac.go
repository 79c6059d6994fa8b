//go:build noaac

package audio

// haveAAC says that this program was built without AAC.
const haveAAC = false

func newAACDecoder([]byte, int) (decoder, error) { return nil, errNoAAC }
func newAACEncoder(int) (encoder, []byte, error) { return nil, nil, errNoAAC }
