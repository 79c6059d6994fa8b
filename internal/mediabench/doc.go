// Package mediabench holds no code, only measurements: they run the built binary as a process, with real calls over it,
// and measure what people would feel. TestFigures is "make bench-media": glass to glass with a clock in the picture,
// against ffmpeg without anything in between and against nginx-rtmp in the same run; the first picture; what a call costs;
// how many calls fit. TestSoak is "make soak": one call for an hour, whose memory must stay flat and whose sound must stay
// with its picture.
//
// Without the flags of the Makefile only what reads clocks and beeps is tested.
package mediabench
