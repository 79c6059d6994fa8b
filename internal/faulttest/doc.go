// Package faulttest holds no code, only tests: they run nodes of the built binary and real Redis servers as processes,
// have people call each other over real sockets, and then kill, freeze, cut off and restart what the calls stand on.
//
// A claim of the design has a test here with the numbers that it promises: how long until a call goes on, and what must
// be true when everything is quiet again. The long run of random faults is TestChaos; "make chaos" gives it ten minutes.
package faulttest
