package protocol

// Role is what a signed-in person may do. It comes from the token.
type Role string

// The roles.
const (
	RoleClaimant   Role = "claimant"   // stands beside the car and asks for a call
	RoleAdjuster   Role = "adjuster"   // answers calls
	RoleSupervisor Role = "supervisor" // watches; is never a party of a call
)

// Valid reports whether r is a role of this version.
func (r Role) Valid() bool {
	return r == RoleClaimant || r == RoleAdjuster || r == RoleSupervisor
}

// LegName names one side of a call.
type LegName string

// The two legs.
const (
	LegClaimant LegName = "claimant"
	LegAdjuster LegName = "adjuster"
)

// State is where a call stands. It only moves forward, except that a ring nobody took goes
// from ringing back to queued.
type State string

// The states.
const (
	StateQueued     State = "queued"     // waits for an adjuster
	StateRinging    State = "ringing"    // put to one party, not answered yet
	StateConnecting State = "connecting" // accepted; not both sides have joined
	StateActive     State = "active"     // both sides have joined and have their streams
	StateEnded      State = "ended"      // over, for good; see end
)

// Reason says why a call ended.
type Reason string

// The reasons.
const (
	ReasonHangup       Reason = "hangup"         // a party hung up after accept
	ReasonCanceled     Reason = "canceled"       // the caller gave up before accept
	ReasonRejected     Reason = "rejected"       // direct invite: the called party declined
	ReasonNoAnswer     Reason = "no_answer"      // direct invite: the called party did not answer
	ReasonBusy         Reason = "busy"           // direct invite: the called party is in a call
	ReasonOffline      Reason = "offline"        // direct invite: the called party is not there
	ReasonNoAdjuster   Reason = "no_adjuster"    // waited longer than the queue allows
	ReasonJoinTimeout  Reason = "join_timeout"   // accepted, but a side never joined
	ReasonLost         Reason = "lost"           // a side was gone longer than its grace
	ReasonMediaFailed  Reason = "media_failed"   // no provider could carry the streams
	ReasonEndedByAdmin Reason = "ended_by_admin" // ended from the internal interface
	ReasonMaxDuration  Reason = "max_duration"   // reached the longest call allowed
)

// Actor says whose doing the end of a call was.
type Actor string

// The actors.
const (
	ActorClaimant Actor = "claimant"
	ActorAdjuster Actor = "adjuster"
	ActorAdmin    Actor = "admin"
	ActorHub      Actor = "hub" // a deadline, a lost side, a failed stream
)

// WithdrawReason says why a device shall stop ringing.
type WithdrawReason string

// The reasons to stop ringing.
const (
	WithdrawAnsweredElsewhere WithdrawReason = "answered_elsewhere" // another device of the same person accepted
	WithdrawRejectedElsewhere WithdrawReason = "rejected_elsewhere" // another device of the same person declined
	WithdrawCanceled          WithdrawReason = "canceled"           // the caller gave up
	WithdrawNoAnswer          WithdrawReason = "no_answer"          // nobody answered before expires_at
	WithdrawOffline           WithdrawReason = "offline"            // the person's last session was gone too long
	WithdrawEnded             WithdrawReason = "ended"              // the call ended for any other reason
)

// Link is what the hub knows about how one side of a call is connected.
type Link string

// The links.
const (
	LinkUp         Link = "up"         // its socket is there
	LinkLost       Link = "lost"       // neither socket nor stream; its grace is running
	LinkBackground Link = "background" // no socket, but its stream still arrives
	LinkPublishing Link = "publishing" // its stream has begun to arrive
	LinkSilent     Link = "silent"     // its socket is there, but its stream stopped arriving
)

// Quality says how well the stream of one side gets across.
type Quality string

// The qualities.
const (
	QualityGood Quality = "good"
	QualityWeak Quality = "weak" // less picture gets across
	QualityBad  Quality = "bad"  // hardly more than sound gets across
)

// Availability is whether an adjuster is given calls.
type Availability string

// The availabilities. An adjuster asks only for available or away; the others follow from calls.
const (
	AvailabilityAvailable Availability = "available" // next call may come
	AvailabilityRinging   Availability = "ringing"   // held for one call that rings now
	AvailabilityInCall    Availability = "in_call"   // accepted a call that is not over
	AvailabilityWrapUp    Availability = "wrap_up"   // short rest after a call, then available again
	AvailabilityAway      Availability = "away"      // signed in, gets no calls
	AvailabilityOffline   Availability = "offline"   // no session
)

// AvailabilityReason says why an availability changed, where that is not plain from calls.
type AvailabilityReason string

// The reasons for a change of availability.
const (
	AvailabilityRequested AvailabilityReason = "requested" // asked for by availability.set, perhaps on another device
	AvailabilityMissed    AvailabilityReason = "missed"    // too many rings in a row missed or declined
)

// Media is what a claimant asks to send.
type Media string

// The media. Nothing given means video.
const (
	MediaVideo Media = "video" // picture and sound
	MediaAudio Media = "audio" // sound only
)

// StreamProtocol is how a stream URL is to be spoken to.
type StreamProtocol string

// The stream protocols.
const (
	StreamRTMP   StreamProtocol = "rtmp"   // RTMP; live-pusher and live-player
	StreamFLV    StreamProtocol = "flv"    // FLV over HTTP
	StreamWSFLV  StreamProtocol = "ws-flv" // FLV over WebSocket
	StreamHLS    StreamProtocol = "hls"    // HLS playlist
	StreamWHIP   StreamProtocol = "whip"   // WebRTC publish by WHIP
	StreamWHEP   StreamProtocol = "whep"   // WebRTC play by WHEP
	StreamWebRTC StreamProtocol = "webrtc" // Tencent's webrtc:// links
)

// RefreshWhy says why a party wants new streams. Words unknown to the hub count as none.
type RefreshWhy string

// The known whys. Only failed counts against the provider: the hub moves on to the next.
const (
	WhyFailed     RefreshWhy = "failed"      // the provider can't be reached, after the client's own retries
	WhyExpired    RefreshWhy = "expired"     // the signature of the URLs ran out
	WhyNetwork    RefreshWhy = "network"     // the device changed or lost its network
	WhyPushFailed RefreshWhy = "push_failed" // publishing could not be started or broke
	WhyPlayFailed RefreshWhy = "play_failed" // the other side's stream could not be played
)
