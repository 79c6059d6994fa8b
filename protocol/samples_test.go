package protocol

import "time"

// The golden files tell one call from its request to its end; these are the values they are made of.

const (
	sampleCall  = "mzxw6ytboi4dqmbrgq3tknzyha"
	sampleClaim = "PA-2026-0042"
)

var sampleStart = time.Date(2026, 11, 22, 15, 4, 5, 0, time.UTC)

func after(d time.Duration) Time { return At(sampleStart.Add(d)) }

// queued is the view of the claimant right after call.request.
func queued() Call {
	return Call{
		ID: sampleCall, Version: 1, State: StateQueued, ClaimNo: sampleClaim, Queue: "default",
		Media: MediaVideo, Skills: []string{"ev"}, Note: "Front left, parked at the market.",
		CreatedAt: after(0), Deadline: after(600 * time.Second), You: LegClaimant,
		Legs: Legs{Claimant: Leg{User: "wang", Name: "王芳", Link: LinkUp}},
	}
}

func ringing(you LegName) Call {
	c := queued()
	c.Version, c.State, c.You = 2, StateRinging, you
	c.Deadline = after(33 * time.Second)
	c.Legs.Adjuster = &Leg{User: "li", Name: "李伟", Link: LinkUp}
	return c
}

func connecting(you LegName) Call {
	c := ringing(you)
	c.Version, c.State = 3, StateConnecting
	c.AcceptedAt, c.Deadline = after(7*time.Second), after(27*time.Second)
	return c
}

func joined(you LegName) Call {
	c := connecting(you)
	c.Version, c.Legs.Adjuster.Joined = 4, true
	return c
}

func active(you LegName) Call {
	c := joined(you)
	c.Version, c.State, c.Legs.Claimant.Joined = 5, StateActive, true
	c.ActiveAt, c.Deadline = after(9*time.Second), after(9*time.Second+2*time.Hour)
	return c
}

func background() Call {
	c := active(LegAdjuster)
	c.Version, c.Legs.Claimant.Link = 6, LinkBackground
	return c
}

func bad() Call {
	c := active(LegAdjuster)
	c.Version, c.Legs.Claimant.Link, c.Legs.Claimant.Quality = 9, LinkPublishing, QualityBad
	return c
}

func lowProfile() Profile {
	p := streams(1, "", "").Profile
	p.MinBitrateKbps, p.MaxBitrateKbps, p.FPS, p.Width, p.Height = 100, 200, 8, 240, 426
	return p
}

func ended(you LegName, reason Reason, by Actor) Call {
	c := active(you)
	c.Version, c.State, c.Deadline = 7, StateEnded, Time{}
	c.EndedAt, c.End = after(5*time.Minute), &End{Reason: reason, By: by}
	return c
}

func canceled() Call {
	c := ringing(LegClaimant)
	c.Version, c.State, c.Deadline = 3, StateEnded, Time{}
	c.EndedAt, c.End = after(12*time.Second), &End{Reason: ReasonCanceled, By: ActorClaimant}
	return c
}

func back() Call {
	c := queued()
	c.Version, c.You = 3, LegAdjuster
	return c
}

func invited(you LegName) Call {
	c := ringing(you)
	c.Version, c.Skills, c.Note = 1, nil, ""
	return c
}

const sampleNotes = "Bumper and left wing.\nReplace the lamp."

func noted() Call {
	c := ended(LegAdjuster, ReasonHangup, ActorAdjuster)
	c.Version, c.Notes = 8, sampleNotes
	return c
}

func waiting() Queue {
	return Queue{Total: 1, Waiting: []Waiting{{
		Call: sampleCall, ClaimNo: sampleClaim, Queue: "default", Skills: []string{"ev"}, Media: MediaVideo,
		Note: "Front left, parked at the market.", Since: after(0), Link: LinkUp,
	}}}
}

func streams(generation int, name, peer string) Streams {
	const sign = "?txSecret=0b1f6c8a5d2e4f7091a3b5c7d9e1f304&txTime=6AC1F0A5"
	return Streams{
		Provider: "relay", Generation: generation, ExpiresAt: after(10 * time.Minute),
		Push: []StreamURL{{StreamRTMP, "rtmp://media.example.com/live/" + name + sign}},
		Play: []StreamURL{
			{StreamRTMP, "rtmp://media.example.com/live/" + peer + sign},
			{StreamFLV, "https://media.example.com/live/" + peer + ".flv" + sign},
			{StreamWSFLV, "wss://media.example.com/live/" + peer + ".flv" + sign},
		},
		Profile: Profile{
			Mode: "RTC", MinBitrateKbps: 300, MaxBitrateKbps: 800, FPS: 15, Width: 360, Height: 640,
			AudioQuality: "high", EnableAGC: true, EnableANS: true,
		},
	}
}

// sample is one message as the golden file has it.
type sample struct {
	file string // without folder and .json
	typ  Type
	id   string
	data any
}

var commandSamples = []sample{
	{"hello", TypeHello, "1", &Hello{
		Token: "eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl", Resume: "r1.4f7091a3b5c7d9e1",
		Device: "iPhone 15", Lang: "zh-CN", Client: "claimcall-sdk/1.0",
	}},
	{"ping", TypePing, "2", &Ping{}},
	{"token.refresh", TypeTokenRefresh, "3", &TokenRefresh{Token: "eyJhbGciOiJIUzI1NiJ9.e30.bmV3ZXI"}},
	{"call.request", TypeCallRequest, "4", &CallRequest{
		RequestID: "0f9c2c1e-7f0b", ClaimNo: sampleClaim, Queue: "default", Skills: []string{"ev"},
		Media: MediaVideo, Note: "Front left, parked at the market.",
	}},
	{"call.invite", TypeCallInvite, "5", &CallInviteCommand{User: "wang", ClaimNo: sampleClaim}},
	{"call.accept", TypeCallAccept, "6", &CallRef{sampleCall}},
	{"call.reject", TypeCallReject, "7", &CallReject{sampleCall, "lunch"}},
	{"call.join", TypeCallJoin, "8", &CallRef{sampleCall}},
	{"call.cancel", TypeCallCancel, "9", &CallRef{sampleCall}},
	{"call.hangup", TypeCallHangup, "10", &CallRef{sampleCall}},
	{"streams.refresh", TypeStreamsRefresh, "11", &StreamsRefresh{sampleCall, WhyNetwork, 1}},
	{"streams.report", TypeStreamsReport, "12", &StreamsReport{
		sampleCall, 1, &StreamStats{VideoKbps: 210, AudioKbps: 48, FPS: 9, Level: 4, Code: 1101},
		&StreamStats{VideoKbps: 640, AudioKbps: 48, FPS: 15, Level: 1},
	}},
	{"availability.set", TypeAvailabilitySet, "13", &AvailabilitySet{AvailabilityAvailable}},
	{"call.note", TypeCallNote, "14", &CallNote{sampleCall, sampleNotes}},
	{"queue.watch", TypeQueueWatch, "15", &QueueWatch{true}},
	{"session.end", TypeSessionEnd, "16", &SessionEnd{}},
}

func answerSamples() []sample {
	call, media, list := active(LegClaimant), streams(2, sampleCall+"-c-g2", sampleCall+"-a-g2"), waiting()
	return []sample{
		{"hello", TypeWelcome, "1", &Welcome{
			Session: "s-5wq3", Resume: "r2.d9e1f3044f7091a3", Resumed: true,
			User: User{"wang", RoleClaimant, "王芳"}, Time: after(time.Minute), HeartbeatMS: 10000,
			Call: &call, Streams: &media,
		}},
		{"ping", TypePong, "2", &Pong{after(time.Minute), 30000}},
		{"token.refresh", TypeOK, "3", &Empty{}},
		{"call.request", TypeOK, "4", &CallAnswer{queued()}},
		{"call.invite", TypeOK, "5", &CallAnswer{invited(LegAdjuster)}},
		{"call.accept", TypeOK, "6", &CallAnswer{connecting(LegAdjuster)}},
		{"call.reject", TypeOK, "7", &CallAnswer{back()}},
		{"call.join", TypeOK, "8", &CallAnswer{joined(LegAdjuster)}},
		{"call.cancel", TypeOK, "9", &CallAnswer{canceled()}},
		{"call.hangup", TypeOK, "10", &CallAnswer{ended(LegAdjuster, ReasonHangup, ActorAdjuster)}},
		{"streams.refresh", TypeOK, "11", &StreamsAnswer{call, media}},
		{"streams.report", TypeOK, "12", &Empty{}},
		{"availability.set", TypeOK, "13", &AvailabilityAnswer{Availability: AvailabilityAvailable}},
		{"call.note", TypeOK, "14", &CallAnswer{noted()}},
		{"queue.watch", TypeOK, "15", &QueueAnswer{&list}},
		{"session.end", TypeOK, "16", &Empty{}},
		{"error", TypeError, "6", CallEnded(ReasonCanceled)},
	}
}

func eventSamples() []sample {
	media := streams(1, sampleCall+"-c-g1", sampleCall+"-a-g1")
	return []sample{
		{"call.queued", TypeCallQueued, "", &CallQueued{queued(), 3, 90000}},
		{"call.ringing", TypeCallRinging, "", &CallEvent{ringing(LegClaimant)}},
		{"call.invite", TypeCallInvite, "", &CallInvited{ringing(LegAdjuster), after(33 * time.Second)}},
		{"call.withdrawn", TypeCallWithdrawn, "", &CallWithdrawn{connecting(LegAdjuster), WithdrawAnsweredElsewhere}},
		{"call.accept", TypeCallAccept, "", &CallEvent{connecting(LegClaimant)}},
		{"call.joined", TypeCallJoined, "", &CallJoined{joined(LegClaimant), LegAdjuster}},
		{"call.streams", TypeCallStreams, "", &CallStreams{active(LegClaimant), media}},
		{"call.peer", TypeCallPeer, "", &CallPeer{background(), LegClaimant, LinkBackground}},
		{"call.profile", TypeCallProfile, "", &CallProfile{bad(), LegClaimant, QualityBad, lowProfile(), MediaAudio}},
		{"call.hangup", TypeCallHangup, "", &CallHangup{ended(LegClaimant, ReasonHangup, ActorAdjuster), ReasonHangup, ActorAdjuster}},
		{"availability", TypeAvailability, "", &AvailabilityEvent{State: AvailabilityWrapUp, Until: after(5*time.Minute + 15*time.Second)}},
		{"queue", TypeQueue, "", &QueueEvent{waiting()}},
		{"bye", TypeBye, "", &Bye{CloseGoingAway, true, 4200}},
	}
}
