package config

import (
	"errors"
	"slices"
	"time"
)

// Serve is every setting of the server.
type Serve struct {
	Config FileFlag `env:"CLAIMCALL_CONFIG" help:"JSON file with settings, by the names of the flags." placeholder:"FILE"`
	Auth
	Network  `group:"Network"`
	WebRTC   `group:"Network"`
	Limits   `group:"Limits"`
	SignIn   `group:"Sign-in"`
	State    `group:"State"`
	Streams  `group:"Streams"`
	Profiles `group:"Streams"`
	Webhooks `group:"Webhooks"`
	Timing   `group:"Timing"`
	Log      `group:"Log"`
}

// State says where calls are remembered.
type State struct {
	DB          string        `name:"db" env:"CLAIMCALL_DB" default:"claimcall.db" help:"File of the embedded store; \"memory:\" forgets everything at the end (default: ${default})." placeholder:"FILE"`
	Redis       string        `env:"CLAIMCALL_REDIS" help:"Redis for many nodes, in place of the embedded store." placeholder:"redis://HOST:PORT"`
	KeepRecords time.Duration `env:"CLAIMCALL_KEEP_RECORDS" default:"0s" help:"How long calls that are over are kept, if shorter than the store does, which is 90 days unless its address says otherwise; 0s for that."`
	KeepTexts   time.Duration `env:"CLAIMCALL_KEEP_TEXTS" default:"0s" help:"How long names and free texts in them are kept; 0s for as long as they are."`
	NodeID      string        `name:"node-id" env:"CLAIMCALL_NODE_ID" help:"Name of this node; made up if empty." placeholder:"NAME"`
}

// URL returns the store to open.
func (s State) URL() string {
	if s.Redis != "" {
		return s.Redis
	}
	return s.DB
}

// leastKeep is the shortest time that records may be kept: whoever was cut off must still learn how the call ended.
const leastKeep = time.Hour

func (s State) check() error {
	var errs []error
	for flag, keep := range map[string]time.Duration{"keep-records": s.KeepRecords, "keep-texts": s.KeepTexts} {
		if keep != 0 && keep < leastKeep {
			errs = append(errs, wrong(flag, "is %s: wanted 0s, or at least %s", keep, leastKeep))
		}
	}
	return errors.Join(errs...)
}

// Timing are the durations that decide over calls and sessions.
type Timing struct {
	Ring          time.Duration `env:"CLAIMCALL_RING" default:"30s" help:"A ring stands this long."`
	Join          time.Duration `env:"CLAIMCALL_JOIN" default:"20s" help:"After accept, both sides must join within this."`
	QueueWait     time.Duration `env:"CLAIMCALL_QUEUE_WAIT" default:"10m" help:"Longest wait for an adjuster."`
	GraceClaimant time.Duration `env:"CLAIMCALL_GRACE_CLAIMANT" default:"90s" help:"A claimant may be gone this long."`
	GraceAdjuster time.Duration `env:"CLAIMCALL_GRACE_ADJUSTER" default:"30s" help:"An adjuster may be gone this long."`
	RingGone      time.Duration `env:"CLAIMCALL_RING_GONE" default:"3s" help:"A rung adjuster without a socket is given up after this."`
	WrapUp        time.Duration `env:"CLAIMCALL_WRAP_UP" default:"15s" help:"Pause of an adjuster after a call."`
	MaxCall       time.Duration `env:"CLAIMCALL_MAX_CALL" default:"2h" help:"Longest call."`
	PublishWait   time.Duration `env:"CLAIMCALL_PUBLISH_WAIT" default:"10s" help:"Streams into which nobody pushes for this long go on at the next media service; 0s for never."`
	MediaSteady   time.Duration `env:"CLAIMCALL_MEDIA_STEADY" default:"1m" help:"A media service that carried both streams this long has proven itself."`
	QualityRaise  time.Duration `env:"CLAIMCALL_QUALITY_RAISE" default:"30s" help:"A stream must be better for this long before the bit rate rises."`
	ProposeAudio  time.Duration `env:"CLAIMCALL_PROPOSE_AUDIO" default:"15s" help:"Sound alone is proposed after a bad stream for this long."`
	MaxMissed     int           `env:"CLAIMCALL_MAX_MISSED" default:"2" help:"Missed or declined rings in a row that make an adjuster away."`
	Hello         time.Duration `env:"CLAIMCALL_HELLO" default:"5s" help:"From the opening of a socket to the end of hello."`
	HeartbeatIdle time.Duration `env:"CLAIMCALL_HEARTBEAT_IDLE" default:"30s" help:"Between pings without a call."`
	HeartbeatCall time.Duration `env:"CLAIMCALL_HEARTBEAT_CALL" default:"10s" help:"Between pings in a call."`
}

// Log says what is written to standard error.
type Log struct {
	LogLevel  string `env:"CLAIMCALL_LOG_LEVEL" default:"info" enum:"debug,info,warn,error" help:"Least level that is written: debug, info, warn or error."`
	LogFormat string `env:"CLAIMCALL_LOG_FORMAT" default:"auto" enum:"auto,json,text" help:"json, text, or auto: text with --dev."`
}

// Check completes s and returns everything that is wrong with it, one line each.
func (s *Serve) Check() error {
	s.Network.complete(s.Dev)
	s.WebRTC.complete(s.Dev)
	return errors.Join(s.Auth.Check(), s.Network.check(s.Dev, s.Uses("relay")), s.WebRTC.check(s.Dev), s.Streams.check(&s.Auth), s.Profiles.read(), s.Webhooks.read(), s.Timing.check(), s.State.check(),
		s.Limits.check(), s.SignIn.check(&s.Auth, s.PublicURL))
}

// Uses reports whether a provider is configured.
func (s *Serve) Uses(provider string) bool { return slices.Contains(s.Providers, provider) }

func (t Timing) check() error {
	if t.MaxMissed < 1 {
		return errors.Join(t.checkDurations(), wrong("max-missed", "is %d: wanted at least 1", t.MaxMissed))
	}
	return t.checkDurations()
}

// duration is one setting of Timing.
type duration struct {
	flag  string
	value time.Duration
}

func (t Timing) checkDurations() error {
	durations := []duration{
		{"ring", t.Ring}, {"join", t.Join}, {"queue-wait", t.QueueWait}, {"grace-claimant", t.GraceClaimant},
		{"grace-adjuster", t.GraceAdjuster}, {"ring-gone", t.RingGone}, {"wrap-up", t.WrapUp}, {"max-call", t.MaxCall},
		{"hello", t.Hello}, {"heartbeat-idle", t.HeartbeatIdle}, {"heartbeat-call", t.HeartbeatCall},
	}
	var errs []error
	for _, d := range durations {
		if d.value <= 0 || d.value > 24*time.Hour {
			errs = append(errs, wrong(d.flag, "is %s: wanted more than 0s and at most 24h", d.value))
		}
	}
	for _, d := range []duration{
		{"publish-wait", t.PublishWait}, {"media-steady", t.MediaSteady}, {"quality-raise", t.QualityRaise}, {"propose-audio", t.ProposeAudio},
	} {
		if d.value < 0 || d.value > 24*time.Hour {
			errs = append(errs, wrong(d.flag, "is %s: wanted 0s to 24h", d.value))
		}
	}
	return errors.Join(errs...)
}
