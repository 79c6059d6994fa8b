// Package protocol is the wire between ClaimCall's hub and its clients: what a frame looks like,
// which commands, answers and events there are, and how they are read and written.
//
// # The story
//
// A client opens a WebSocket with the subprotocol [Subprotocol] and says hello. The hub answers with
// a welcome that holds everything needed to draw a page, the running call included. From then on
// the client sends commands, each with an id of its own choosing, and gets exactly one answer with
// the same id: ok, or error. Between answers the hub pushes events, which have no id. A ping now and
// then keeps the session alive; the pong says when the next one is due.
//
// A claimant's call.request puts a call into a queue. The hub rings an adjuster with the event
// call.invite; the adjuster answers with the command call.accept. Both sides then send call.join,
// and only when both have, each gets its own call.streams: where to publish, and what to play.
// call.hangup, from either side, ends the call for both.
//
// Every answer and event about a call carries the whole view of it, with a version that never goes
// backwards. Nothing has to be pieced together from a history: a client that missed an event, or
// got two in the wrong order, is right again with the next one.
//
// # The table
//
// [Commands] and [Events] list every message with its payload. Adding one takes a struct, a line in
// the table, a golden file under testdata and a paragraph in PROTOCOL.md; tests miss any of the four.
// The TypeScript types in types.d.ts are generated from the same tables.
//
// # Reading frames
//
// [DecodeEnvelope] and [DecodeData] are strict where two readers of the same bytes could disagree:
// a key twice, a key in other case, bytes that are not UTF-8, something after the end. They are
// lenient where the wire has to grow: unknown fields are ignored.
//
// Everything here is safe for concurrent use, and imports the standard library only.
package protocol

//go:generate go run ./internal/typesgen -src . -out types.d.ts
