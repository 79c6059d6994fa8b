package mediabench

import (
	"encoding/json"
	"testing"
	"time"
)

// A clock in the picture: the milliseconds of the wall clock as black and white cells, from left to right and from top to
// bottom, the highest bit first. Three bytes are the time, the fourth is their check. testdata/page.js has the same.
const (
	clockWidth, clockHeight = 320, 240 // of the picture, of which the clock is the upper part
	clockColumns, clockRows = 8, 4
	cell                    = clockWidth / clockColumns
	clockCheck              = 0xA5
	clockRange              = 1 << 24 // ms after which the clock begins again
)

// paintClock paints the time into a grey picture.
func paintClock(picture []byte, now time.Time) {
	stamp := uint32(now.UnixMilli() % clockRange)
	bits := stamp<<8 | uint32(check(stamp))
	for i := range picture[:clockRows*cell*clockWidth] {
		x, y := i%clockWidth/cell, i/clockWidth/cell
		picture[i] = 0
		if bits>>(31-y*clockColumns-x)&1 == 1 {
			picture[i] = 255
		}
	}
}

func check(stamp uint32) byte { return byte(stamp) ^ byte(stamp>>8) ^ byte(stamp>>16) ^ clockCheck }

// delay returns how old the clock is whose cells are as bright as that, and false if it can't be read.
func delay(cells []byte, now time.Time) (time.Duration, bool) {
	var bits uint32
	for _, bright := range cells {
		bits <<= 1
		if bright > 127 {
			bits |= 1
		}
	}
	stamp := bits >> 8
	if byte(bits) != check(stamp) {
		return 0, false
	}
	age := (now.UnixMilli() - int64(stamp)) % clockRange
	return time.Duration((age+clockRange)%clockRange) * time.Millisecond, true
}

func TestClockIsReadAsItWasPainted(t *testing.T) {
	picture := make([]byte, clockWidth*clockHeight)
	for _, then := range []time.Time{time.UnixMilli(clockRange - 1), time.UnixMilli(clockRange), time.UnixMilli(1_700_000_000_123)} {
		paintClock(picture, then)
		var cells []byte
		for i := range clockColumns * clockRows {
			x, y := i%clockColumns*cell+cell/2, i/clockColumns*cell+cell/2
			cells = append(cells, picture[y*clockWidth+x])
		}
		const age = 42 * time.Millisecond
		if got, ok := delay(cells, then.Add(age)); !ok || got != age {
			t.Errorf("at %v: got %v, %t", then, got, ok)
		}
		cells[7] = ^cells[7]
		if _, ok := delay(cells, then); ok {
			t.Error("read a broken clock")
		}
	}
}

// delays are how old the clocks were, picture by picture.
type delays []time.Duration

// UnmarshalJSON reads milliseconds.
func (d *delays) UnmarshalJSON(text []byte) error {
	var all []int64
	if err := json.Unmarshal(text, &all); err != nil {
		return err
	}
	for _, one := range all {
		*d = append(*d, time.Duration(one)*time.Millisecond)
	}
	return nil
}
