// Package store is the contract of what a deployment remembers: calls, presences, the order of queues and
// of free adjusters, deadlines, and records of ended calls. It also carries messages to the nodes that
// hold the sessions they are for.
//
// There are two documents, call.Call and call.Presence, each with a version, and one way to change them:
// Commit. It compares the versions that the new documents were made from, and either takes over all of them
// with all that depends on them, or nothing. Everything else follows from the documents: a store derives
// the queue order from Call.QueueRank, the free adjusters from Presence.Free and IdleSince, the deadlines from
// Call.Deadline and Presence.Deadline, and the way of a message from Presence.Sessions. No rule about
// calls lives in a store.
//
// Messages are bells, not the truth. They follow the commit they belong to, each node gets them in the order of
// the commits, and some may be lost when a store fails: each carries the whole view with its version, and
// Listener.Resync says when to send views afresh.
//
// Beside the documents there are records of ended calls, which can be amended and erased but never run again; an outbox of
// events, written by the commit that they tell of and kept until somebody has delivered them; an audit log in which
// each entry holds the hash of the one before; and what nodes must agree on about tokens.
//
// Time comes from Store.Now, which all nodes of a deployment share, and never from the clock of one node.
//
// sqlitestore keeps all of it in one process and a file. The suite in storetest holds every store to the contract.
package store
