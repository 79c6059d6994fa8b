// Package audio turns AAC into Opus and Opus into AAC while it streams: browsers speak the one over WebRTC, players of RTMP
// and FLV the other.
//
// A [Transcoder] decodes a frame, brings the samples to the rate of the other codec, and encodes them. Its output is timed
// by counting samples, so that frames join up exactly; how many samples there are follows the times of the input. A
// publisher's clock is never quite as fast as it says: the resampler stretches the sound by a few parts in a thousand at
// most, which nobody hears, so that after an hour sound and picture are still together. Sound that has the right rate, and
// is less than 5 ms off, passes untouched; silence that lasts is not encoded again. Where the input has a gap or its clock
// jumps, the output does, too; a short gap in Opus is concealed.
//
// The codecs are pure Go. That of AAC is under the LGPL and known to one file, goaac.go: built with the tag noaac the
// program has no AAC, and [ToOpus] and [ToAAC] say so. A codec that panics breaks its own transcoder and nothing else.
package audio
