// Package hub is the coordinator: it seats people on sessions, changes calls, and tells everybody concerned.
//
// # The story of a call
//
// A socket arrives (Hub.Serve) and says hello. The hub checks the token, seats the socket on a session in the
// user's presence, and answers with a welcome: who you are, and the call that you are in, if any. Only
// then do live events follow, so that a client never sees a change before the state it changes.
//
// A claimant requests a call. The hub creates it, holds the claimant for it, and wakes the assigner, which looks for a
// free adjuster and puts the call to that one. The adjuster's sessions ring. One of them accepts, both
// sides join, and each is handed its own stream URLs. Somebody hangs up, both are told, the adjuster gets time
// to wrap up and is free again.
//
// While they talk, the media side tells what it sees of their streams, and their devices tell how these get across. A media
// service that fails is left for the next one, with new addresses for both; a weak network lowers what is pushed.
//
// # One way to change a call
//
// Commands, deadlines, lost sockets and what the media side reports all end in Hub.apply. It loads the call, lets
// the pure core decide (package internal/call), and commits call, holds and messages together, if nobody
// was faster; otherwise it begins again with the load. No goroutine owns a call and no lock guards one, so any
// node may move any call at any time.
//
// # What is left of a call
//
// A call carries its timeline, and is a record once it has ended, with the adjuster's notes. Others are told of
// it by events, which are written into the store's outbox by the very commit that they tell of (tell.go); whoever delivers
// them is not part of the hub. Records, notes and events of a person or a claim can be erased (erase.go), and what
// administrators do is chained in a log (audit.go).
//
// # What lives where
//
// The truth is in the Store. A hub keeps only its sockets, and loops that any node may run
// beside any other: the sweep does what is due by the store's time, the assigner matches waiting calls with free
// adjusters, the positions tell waiting claimants where they stand, the board shows who waits to those who watch, the mover
// takes calls off a media service that is down, and the keeper removes what is too old. When a hub dies, its sessions are
// marked lost by whoever notices, and their grace runs.
//
// Messages come from the store (Hub.Deliver) in the order of the commits. They are bells: each carries the whole view
// of its call with a version, and a client keeps the newest.
package hub
