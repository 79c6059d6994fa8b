// Package webhook tells receivers of events by HTTP, by the rules of Standard Webhooks (https://www.standardwebhooks.com).
//
// Events come from the store's outbox, into which they were written with the change that they tell of. Any number of nodes may
// tell beside each other: what one has taken is leased to it, and a node that dies leaves it to the others. A
// receiver therefore gets each event at least once, and those of one call in their order; two events of the same id are the same one.
//
// What fails is tried again for days, and given up after that. A receiver that answers 410 is told nothing any more until
// somebody starts it again. Nothing is lost for good: events can be written again from the records of the calls.
//
// A receiver's address may have been chosen by somebody who wants to reach what only this machine can. The address is
// therefore looked at when the connection is made, whatever a name has led to before, and one of a private network is
// refused unless the receiver may have it. Redirects are not followed.
package webhook
