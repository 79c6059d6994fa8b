package stream

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/protocol"
)

// TencentName is the name of the provider that is Tencent Cloud Live.
const TencentName = "tencent"

// TencentConfig is what the provider of one pair of domains at Tencent Cloud Live needs.
type TencentConfig struct {
	PushDomain string
	PlayDomain string
	App        string // application, the first part of each path; "live" if empty
	BizID      string // number of an account with domains of the form {bizid}.livepush.myqcloud.com; else empty

	PushKey       string
	PushBackupKey string // may be empty
	PlayKey       string // empty if play authentication is off
	LowLatencyKey string // key of the account's first push domain, if that is another one than PushDomain
	Hash          Hash   // MD5 if empty

	// HookSecret is the last part of the path that Tencent posts to: at least 16 letters, digits, "-" and "_". Without one
	// there are no callbacks, and nobody here learns of what is published.
	HookSecret string
	// CallbackKey signs the callbacks. Without one they are not checked, beyond the secret in their path.
	CallbackKey string

	// SecretID and SecretKey sign requests to the API. Without them no stream can be ended, and ends when its publisher leaves.
	SecretID, SecretKey string
	Region              string // may be empty
	API                 string // TencentAPI if empty

	// AddressLife is how long addresses can be opened at the most; streams that are over stay forbidden for longer than that.
	AddressLife time.Duration
	// File is told of each recording and screenshot, possibly more than once. It may be nil, and must not block.
	File func(TencentFile)

	Authority Authority
	Log       *zap.Logger
}

// Tencent is the Provider that is Tencent Cloud Live.
type Tencent struct {
	pushDomain, playDomain string
	app                    string
	bizID                  string // behind "?bizid=", or empty
	prefix                 string // in front of each stream name
	keys                   tencentKeys
	secret, callbackKey    string
	hooked                 bool
	api                    *tencentAPI // nil without keys for it
	life                   time.Duration
	file                   func(TencentFile)
	authority              Authority
	pushes                 *pushes
	network                network
	log                    *zap.Logger
}

var (
	_ Hooked    = (*Tencent)(nil)
	_ Checked   = (*Tencent)(nil)
	_ Doctor    = (*Tencent)(nil)
	_ Rehearsed = (*Tencent)(nil)
)

// NewTencent checks the configuration and returns the provider.
func NewTencent(c TencentConfig) (*Tencent, error) {
	t := &Tencent{
		pushDomain: c.PushDomain, playDomain: c.PlayDomain, app: cmp.Or(c.App, app), bizID: c.BizID,
		keys: tencentKeys{
			hash: cmp.Or(c.Hash, MD5), push: c.PushKey, backup: c.PushBackupKey, play: c.PlayKey,
			lowLatency: cmp.Or(c.LowLatencyKey, c.PushKey),
		},
		secret: c.HookSecret, hooked: c.HookSecret != "", callbackKey: c.CallbackKey,
		life: c.AddressLife, file: c.File,
		authority: c.Authority, pushes: newPushes(), network: newNetwork(), log: c.Log,
	}
	if err := c.check(t.keys); err != nil {
		return nil, err
	}
	if strings.HasSuffix(c.PushDomain, bizDomain) {
		t.prefix = c.BizID + "_"
	}
	if !t.hooked {
		t.secret = rand.Text() // which nobody knows
	}
	if c.SecretID != "" {
		var err error
		if t.api, err = newTencentAPI(cmp.Or(c.API, TencentAPI), c.SecretID, c.SecretKey, c.Region); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// bizDomain ends the push domains that Tencent made for each account in the past. Stream names there begin with the
// account's number.
const bizDomain = ".livepush.myqcloud.com"

func (c TencentConfig) check(keys tencentKeys) error {
	switch {
	case c.Authority == nil || c.Log == nil:
		return errors.New("stream: tencent: Authority or Log are missing")
	case c.PushDomain == "" || c.PlayDomain == "" || c.PushDomain == c.PlayDomain:
		return fmt.Errorf("%w: tencent wants a push domain and another play domain", ErrBase)
	case c.App != "" && !isPlain(c.App), c.BizID != "" && !isPlain(c.BizID):
		return fmt.Errorf("%w: tencent's application and bizid want letters, digits, - or _", ErrBase)
	case c.BizID == "" && strings.HasSuffix(c.PushDomain, bizDomain):
		return fmt.Errorf("%w: a push domain of myqcloud.com wants the bizid", ErrBase)
	case c.HookSecret != "" && (len(c.HookSecret) < minSecret || !isPlain(c.HookSecret)):
		return fmt.Errorf("%w: the hook secret wants at least %d letters, digits, - or _", ErrSecret, minSecret)
	case (c.SecretID == "") != (c.SecretKey == ""):
		return fmt.Errorf("%w: tencent's secret id and secret key belong together", ErrSecret)
	}
	return keys.check()
}

// Name returns TencentName.
func (t *Tencent) Name() string { return TencentName }

// HandOut returns the addresses of one leg. The claimant's mini-program pushes and plays RTMP, and has the low-latency
// link first; a page pushes by WHIP and plays what its player can.
func (t *Tencent) HandOut(own call.StreamName, expires time.Time) (protocol.Streams, error) {
	expires = expires.Truncate(time.Second) // what a signature can say
	push, err := t.pushURLs(own, expires)
	if err != nil {
		return protocol.Streams{}, fmt.Errorf("stream: tencent: hand out: %w", err)
	}
	play, err := t.playURLs(own.Leg, own.Other(), expires)
	if err != nil {
		return protocol.Streams{}, fmt.Errorf("stream: tencent: hand out: %w", err)
	}
	p := profile()
	p.MinCacheMS, p.MaxCacheMS = 0, 0 // on the low-latency link the player finds them better by itself
	return protocol.Streams{
		Provider:   TencentName,
		Generation: own.Generation,
		ExpiresAt:  protocol.At(expires),
		Push:       push,
		Play:       play,
		Profile:    p,
	}, nil
}

// forbidBeyond is how much longer than its addresses a stream stays forbidden. At Tencent an address may be good for
// longer than it says: by the "validity" of the domain's key, which is not known here.
const forbidBeyond = 24 * time.Hour

// Drop ends a stream at Tencent and forbids its name, or the phone would push again at once: its address is still good.
// No other call ever has that name. Without keys for the API it does nothing.
func (t *Tencent) Drop(ctx context.Context, name call.StreamName) error {
	if t.api == nil {
		return nil
	}
	stream := t.stream(name)
	resume := time.Now().Add(t.life + forbidBeyond)
	if err := errors.Join(t.api.drop(ctx, stream), t.api.forbid(ctx, stream, resume)); err != nil {
		return fmt.Errorf("stream: tencent: drop: %w", err)
	}
	return nil
}

// Check asks Tencent about a stream that is not there, which shows that Tencent answers and knows the domain. That it has
// something against our key or haste says nothing of picture and sound, and is no reason to move calls elsewhere. Without
// keys for the API nothing is known, and nothing is wrong.
func (t *Tencent) Check(ctx context.Context) error {
	if t.api == nil {
		return nil
	}
	_, err := t.api.state(ctx, t.stream(nobody()))
	if refused := (*tencentError)(nil); errors.As(err, &refused) && !refused.ofMedia() {
		return nil
	}
	if err != nil {
		return fmt.Errorf("stream: tencent: check: %w", err)
	}
	return nil
}

// nobody is the name of a stream that no call has.
func nobody() call.StreamName {
	return call.StreamName{Room: "claimcall", Leg: call.Claimant, Generation: 1}
}

func (t *Tencent) stream(name call.StreamName) tencentStream {
	return tencentStream{AppName: t.app, DomainName: t.pushDomain, StreamName: t.prefix + name.String()}
}
