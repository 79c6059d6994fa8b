// Package bench measures ClaimCall from outside, as a client sees it: servers are processes of their own, sockets are
// real, and beside each figure stands that of a bare server which does no more than it must, taken in the same run.
//
// Load is an open loop: work begins when its time has come, whether or not earlier work has ended, and latency counts
// from that time. A server that stalls is therefore charged for everything that had to wait.
//
// Every run is bounded in sockets and time, stays on loopback, and ends what it started.
package bench
