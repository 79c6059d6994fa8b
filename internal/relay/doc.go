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
// # Browsers
//
// A browser publishes by WHIP and plays by WHEP: its offer comes as an HTTP request
// and passes the same gate, names and limits as everybody else, and a session then
// lives as long as its peer connection. H.264 passes through in both directions, from
// RTP into frames and back. Lost packets are asked for again; where one stays lost,
// pictures are left out up to the next key frame, which the browser is asked for.
//
// Sound travels inside the relay as it was published: AAC from phones, Opus (in the
// form of extended RTMP) from browsers. Whoever needs the other codec turns it over in
// the goroutine of that viewer, with package audio: without such a viewer it costs
// nothing, and no stream waits for it. What browsers can't play at all (B-frames,
// HE-AAC, other codecs) is refused with 406, and goes by FLV.
//
// A publisher in a browser makes key frames on request: for a newcomer when the last
// one is older than a second, for a WHEP viewer that asks, and every two seconds while
// somebody plays FLV or RTMP, who can't ask.
//
// # Streams that live elsewhere
//
// The gate may answer that a stream lives at another RTMP server. Then the relay is
// a bridge: its viewers are served from one pull of that server, which begins with
// the first of them and ends a while after the last; and what is published here is
// sent on there by a viewer of its own kind, whose end is the end of the publisher.
// Both use the same streams, queues and limits as everything else, so every
// protocol here reaches every RTMP server. The watcher hears nothing of such names.
//
// # Layers
//
// The core (registry, stream, cache, publisher, viewer) knows no transport. A
// transport brings packets in through a publisher, or takes them out by
// giving [viewer.play] a sink: RTMP, HTTP-FLV, WebSocket-FLV and, by
// [viewer.feed], WHEP do so here.
// The payload of a packet has the form that RTMP messages and FLV tags share,
// so these transports pass it on untouched, whatever the codec of the picture.
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
// which the oldest gives way, that of the same address first if there are many of it.
// So do TCP connections of browsers until they have said something, browsers that have not
// connected yet, and HTTP requests that wait for the gate. Then publishers and viewers are counted apart, and
// of the viewers of one name the oldest gives way: whoever has an address to
// play can use up no more than its own name. A publisher may send messages up to
// 1 MiB, and keeps its name only while media arrives. Query strings
// carry signatures: they go to the gate and nowhere else.
package relay
