// Package sqlitestore is the store of one process: a file, or nothing but memory.
//
// What is read lies in memory: the running calls and the presences as immutable copies, with ordered indexes
// over them. What must not be lost lies in SQLite: the same documents, and the records of ended calls, which
// leave memory. A file in use is locked for every other process, and the lock dies with its holder.
//
// A commit goes one way:
//
//	Commit: compare versions, mark the documents as in flight, queue
//	journal goroutine: write everything queued in one transaction, then change memory, then deliver messages
//	Commit: return
//
// Memory changes only after the file has, so that nobody ever reads what may still be refused, and a failed
// write leaves nothing to take back. A second commit on a document in flight waits for the first one to land and is then
// stale: its caller loads again and finds what it lost against. A lone commit never waits for company; those that
// arrive during a transaction share the next one.
//
// Durability: with SQLite's WAL and synchronous=NORMAL a commit that has returned survives the end of the process in any
// way, kill -9 included. A power cut may lose the last moments, but never leaves half a commit. Options.Sync
// closes that gap at the price of one fsync a transaction.
//
// Wakes and leases are not in the file. Instead every running call is due once when the file is opened, which asks
// for a look at each. Nodes have no lease then either, so that Stranded returns everybody who was online.
//
// The same code with SQLite's own memory database serves tests and trials; such a store works inside a
// testing/synctest bubble.
package sqlitestore
