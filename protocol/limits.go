package protocol

// Version is the version of the wire described in PROTOCOL.md.
const Version = 1

// Subprotocol is what both sides name in Sec-WebSocket-Protocol. A change that breaks
// clients gets a new version and a new name here; new fields and new types do not.
const Subprotocol = "claimcall.v1"

// Limits on frames, in bytes. They count what is on the wire, before any decoding.
const (
	// MaxFrame is the largest text frame either side may send.
	MaxFrame = 32 << 10
	// MaxHello is the largest frame the hub reads before sign-in.
	MaxHello = 4 << 10
	// MaxDepth is how many objects and arrays may lie within one another, the envelope
	// itself included.
	MaxDepth = 16
)

// Limits on fields, in characters (Unicode code points), unless stated otherwise.
const (
	MaxType      = 64   // type
	MaxID        = 64   // id
	MaxToken     = 4096 // token, in bytes: what fits into a hello anyway
	MaxResume    = 256  // resume
	MaxDevice    = 128  // device
	MaxLang      = 35   // lang: the longest language tag worth knowing
	MaxClient    = 128  // client
	MaxRequestID = 64   // request_id
	MaxClaimNo   = 64   // claim_no
	MaxQueue     = 64   // queue
	MaxSkills    = 16   // skills: number of entries
	MaxSkill     = 64   // skills: one entry
	MaxNote      = 500  // note
	MaxUser      = 128  // user
	MaxCall      = 64   // call
	MaxReason    = 200  // reason, why
	MaxNotes     = 4000 // text of call.note
)

// Limits on the list of who waits. It also ends where the frame would get too large.
const (
	MaxWaiting     = 50  // entries
	MaxWaitingNote = 100 // characters of a note
)

// Limits on what a device may claim to have measured. Least is 0, and -MaxStatsCode for codes.
const (
	MaxKbps         = 100_000 // video_kbps, audio_kbps
	MaxFPS          = 240     // fps
	MaxQualityLevel = 6       // level
	MaxStatsCode    = 99_999  // code
)
