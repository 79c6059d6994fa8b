// Package call is the pure core of ClaimCall: what a call is, how it moves, and what follows from each move.
//
// A call begins in one of two ways. A claimant asks for one (NewRequest) and waits in a queue until an
// adjuster is rung; or an adjuster invites a claimant directly (NewInvite). From there it only moves by Step:
//
//	queued -> ringing -> connecting -> active -> ended(reason)
//
// An unanswered or declined ring of a queued call leads back to queued, at the head of the queue. Ended is
// absorbing: no event moves an ended call.
//
// Step takes a call, one event and the time, and returns the changed call together with effects: whom to
// notify, whom to hold or release, which streams to drop. It reads no clock, does no I/O and leaves its
// arguments alone, so that a caller may throw the result away when its commit comes too late, load again
// and step again.
//
// Deadlines are data. Each timestamp that a timer starts from lies in the call, Call.Deadline is the earliest
// moment at which one of them fires, and a Tick at or after that moment does what is due. Nothing is
// lost when a process with a timer in its memory dies, for there is no such timer.
//
// Media is none of its business but for two things. A call knows its providers and which of them could not carry it
// (ProviderFailed, or nobody pushing in time): it moves to the next one with streams of a new generation, never in
// circles, and ends for want of media only when all are exhausted and a party says so. And it keeps how well each push
// gets across (Reported), so that both sides can be told what to push with.
//
// Presence is the second document: what is known of one user, with sessions, availability and
// the hold that reserves the user for one call. Its transitions are pure as well. A call learns of a changed
// presence by the PresenceChanged event, which carries the whole of what matters and a version, so that late
// and repeated ones do no harm.
package call
