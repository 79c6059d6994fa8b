// Package redisstore is the store of many nodes: they share one Redis of version 7, standalone, behind Sentinel, or a
// cluster.
//
// All is in one place: a deployment has one hash tag, so that one script reaches everything. There are
//
//	documents  HASH  running calls and presences by name; beside each its head, which is what is needed to replace it:
//	                 version, places, who is to be told
//	places     ZSET  where documents stand in order: waiting calls, free adjusters, users online on a node
//	due        ZSET  when documents want to be looked at
//	nodes      ZSET  when the leases of nodes end
//	records    ZSET  ended calls by their end: all, of each party, about each claim
//	record:    the ended calls themselves, which expire; request: likewise
//	events-    for each receiver of events: the events by name, their order in each call, and when calls are due
//	audit      LIST  administrative acts
//	node:      a channel for each node
//
// A place is a text of words such as "waiting default 800001993e2f3c00 call:abc". All scores are 0, so that Redis keeps
// the places in the order of their bytes, and a range of them is a queue in its order. A document's head lists its places,
// which is how the next version gives them up, without anybody having to know what they stood for.
//
// A commit is one script and one round trip. It compares versions and replaces documents, places and times, and then
// publishes the messages to the nodes that the recipients' documents name. Scripts know no rule about calls: what a place or
// a time is, is derived from the documents in Go. Reading a line of documents is one script as well, so that no page
// ever shows somebody who has just left it.
//
// Commands of concurrent callers share round trips: those that come while others are away gather, and go together. One that
// comes alone goes at once; see trips.go.
//
// A commit whose answer was lost may have been taken over or not. Its caller gets an error, and whoever tries again from the
// load finds out. It is refused when it comes late, so that what is true a few seconds later stays true. The client
// library never sends a command to a standalone server or behind Sentinel twice. In a cluster it may; the token in each document tells a commit that it was there before.
//
// The time is Redis's. Scripts ask for it where they deal with leases and with what is due; Now adds a measured offset to
// the time that has passed in this process. No clock of a node's machine plays a part.
//
// Messages can be lost: Redis forgets them as soon as it has written them to a connection. Each node therefore
// publishes an echo to its own channel every second. When two are missed it subscribes anew and calls Listener.Resync;
// until then Check fails. See listen.go for why the library's own means are not enough.
//
// An idle session costs no command. A node costs four a second, whatever the number of its sessions, and one
// more for each receiver of events.
package redisstore
