// Package relay is the one-way media relay inside the ClaimCall binary. It
// takes a stream from one publisher and gives it to any number of viewers. It
// knows names and bytes of media, nothing of calls: who may publish or play a
// name is asked of a [Gate], and a [Watcher] is told when a name starts and
// stops being published.
//
// # The story of a stream
//
// A publisher connects over RTMP and names a stream. The name is looked up in
// the registry, the gate is asked, and then the publisher claims the name: a
// second one is turned away and the first never notices. From then on each
// audio, video or metadata message becomes a packet, stamped on a clock that
// starts at zero, and is written into the stream.
//
// The stream keeps what a newcomer needs: metadata, the sequence headers and
// the packets since the last key frame. A viewer that subscribes gets these as
// its first packets and everything later as it comes, with no packet missing
// or doubled in between. Whoever subscribes before the publisher is there waits, and
// is served in the same way when the first frame arrives.
//
// Each viewer has a queue with a bound. The publisher only ever appends to it;
// a viewer that does not keep up loses video up to the next key frame, and is
// closed when it stays behind for too long. Nobody else waits for it.
//
// A stream lives as long as its publisher. When that leaves, or when the name
// is dropped, its viewers are ended and the next publisher of the name starts
// a new stream. Viewers do not linger for a return: callers here give each
// attempt a new name.
//
// # Layers
//
// The core (registry, stream, cache, publisher, viewer) knows no transport. A
// transport brings packets in through a publisher, or takes them out by
// giving [viewer.play] a sink: RTMP, HTTP-FLV and WebSocket-FLV do so here.
// The payload of a packet has the form that RTMP messages and FLV tags share,
// so these transports pass it on untouched, whatever the codec.
//
// From gortmplib come the handshake, AMF0 and the message writer. Its
// ServerConn answers "publish" before anyone could be asked and its reader
// buffers up to 10 MiB on each of 62 chunk streams; therefore the conversation
// and the chunk reader are our own, with bounds that hold before a peer is known.
//
// # Bounds
//
// All limits are in [Limits]. Until the gate has said yes a connection may use
// 5 s and 16 KiB messages, and such connections have a limit of their own, at
// which the oldest gives way. Then publishers and viewers are counted apart, and
// of the viewers of one name the oldest gives way: whoever has an address to
// play can use up no more than its own name. A publisher may send messages up to
// 1 MiB, and keeps its name only while media arrives. Query strings
// carry signatures: they go to the gate and nowhere else.
package relay
