package hub

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/protocol"
)

// hello signs the socket in. It returns false when there is nothing to serve; the socket is ending then.
func (s *socket) hello() bool {
	env, refused, code := s.readHello()
	s.watch.Stop() // the client was in time: how long the rest takes is our doing
	if refused == nil {
		refused, code = s.authenticate(env)
	}
	if refused == nil {
		refused, code = s.sit(env)
	}
	if refused == nil {
		return true
	}
	s.fail(env.ID, refused)
	s.end(code)
	return false
}

// readHello reads the first frame, which must be a hello.
func (s *socket) readHello() (protocol.Envelope, *protocol.Error, protocol.CloseCode) {
	frame, err := s.conn.Read()
	switch {
	case err == nil && len(frame) > protocol.MaxHello:
		err = ErrTooLarge
	case err != nil && !skipped(err):
		return protocol.Envelope{}, protocol.NewError(protocol.CodeHelloRequired), protocol.CloseHelloRequired
	}
	env, bad := decode(frame, err)
	switch {
	case bad != nil:
		return env, bad, protocol.CloseBadFrame
	case env.Type != protocol.TypeHello:
		return env, protocol.NewError(protocol.CodeHelloRequired), protocol.CloseHelloRequired
	}
	return env, nil, 0
}

// authenticate finds out who is there.
func (s *socket) authenticate(env protocol.Envelope) (*protocol.Error, protocol.CloseCode) {
	var hello protocol.Hello
	if bad := protocol.DecodeData(env.Data, &hello); bad != nil {
		return bad, protocol.CloseBadFrame
	}
	token := hello.Token
	if token == "" {
		token = s.opening.Token
	}
	identity, err := s.hub.Identify(token)
	if err != nil {
		return refusal(err)
	}
	if s.opening.Allowed != nil && !s.opening.Allowed(identity.Role) {
		return protocol.Errorf(protocol.CodeForbidden, "This role may not connect from this page."), protocol.CloseForbidden
	}
	s.admit(identity)
	s.user = call.User{Role: call.Role(identity.Role), ID: identity.User}
	s.ration = s.hub.rations.of(s.user)
	return nil, 0
}

// refusal returns what the client is told of a refused token, and how its socket is closed.
func refusal(err error) (*protocol.Error, protocol.CloseCode) {
	told := wireError(err, call.Call{})
	switch {
	case told.Code == protocol.CodeTokenExpired:
		return told, protocol.CloseTokenExpired
	case told.Retry:
		return told, protocol.CloseInternal
	case errors.Is(err, ErrRevoked):
		return told, protocol.CloseRevoked
	}
	return told, protocol.CloseUnauthorized
}

// sit seats the socket on a session and sends the welcome. Messages for the user are held back from before the
// seat is known to the store until the welcome is out, so that none falls between.
func (s *socket) sit(env protocol.Envelope) (*protocol.Error, protocol.CloseCode) {
	var hello protocol.Hello
	if bad := protocol.DecodeData(env.Data, &hello); bad != nil {
		return bad, protocol.CloseBadFrame
	}
	if !s.hub.register(s) {
		return protocol.NewError(protocol.CodeUnavailable), protocol.CloseGoingAway
	}
	// A revocation that was noted before the socket was registered has not found it.
	if err := s.hub.revocations.check(s.identity); err != nil {
		return refusal(err)
	}
	ctx, cancel := s.hub.command()
	defer cancel()
	seat, err := s.hub.seat(ctx, s, hello.Resume)
	if err == nil {
		err = s.welcome(ctx, env.ID, seat)
	}
	if err == nil && seat.session.Watches {
		s.hub.board.add(s, s.identity.Queues, nil)
	}
	if err != nil {
		s.hub.log.Warn("sign-in failed", zap.Error(err))
		return wireError(err, call.Call{}), protocol.CloseInternal
	}
	return nil, 0
}

// seating is what came of seating a socket.
type seating struct {
	session  call.Session
	secret   string // what the client resumes with
	resumed  bool
	goneAt   time.Time // since when the resumed session had no socket; zero if it had one
	presence call.Presence
	call     *call.Call                // the one that has the user; nil for none
	last     func() (call.Call, error) // the one before, on its way from the store; nil if it is not asked for
}

// seat attaches the socket to the session that resume names, or to a new one. The socket notes its seat before the
// commit: a commit that was cut off may have been taken over all the same.
func (h *Hub) seat(ctx context.Context, s *socket, resume string) (seating, error) {
	var got seating
	p, in, err := h.updatePresence(ctx, s.user, func(p call.Presence) (call.Presence, bool) {
		got = choose(p, resume)
		if last := p.LastCall; got.resumed && p.Call == "" && last != "" {
			got.last = meanwhile(func() (call.Call, error) { return h.Store.Call(ctx, last) })
		}
		got.session.Node = h.Node
		p.Name, p.Skills, p.Queues = s.identity.Name, s.identity.Skills, s.identity.Queues
		p = p.Attach(got.session, h.Store.Now())
		got.session, _ = p.Session(got.session.ID)
		s.sitsOn(got.session, 0)
		return p, true
	})
	if err != nil {
		return seating{}, err
	}
	got.presence, got.call = p, in
	s.sitsOn(got.session, p.Version)
	h.closeUnseated(p)
	h.closeReplaced(s)
	return got, nil
}

// choose returns the session that resume names, if the secret is right, or a new one.
func choose(p call.Presence, resume string) seating {
	id, secret, _ := strings.Cut(resume, ".")
	if old, ok := p.Session(id); ok && subtle.ConstantTimeCompare([]byte(old.Resume), []byte(hash(secret))) == 1 {
		return seating{session: old, secret: resume, resumed: true, goneAt: old.GoneAt}
	}
	id, secret = newID(), rand.Text()
	return seating{session: call.Session{ID: id, Resume: hash(secret)}, secret: id + "." + secret}
}

// newID returns an unguessable name of 130 random bits.
func newID() string { return strings.ToLower(rand.Text()) }

func hash(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// welcome sends the snapshot and lets live events follow.
func (s *socket) welcome(ctx context.Context, id string, seat seating) error {
	w := protocol.Welcome{
		Session: s.session, Resume: seat.secret, Resumed: seat.resumed,
		User: protocol.User{ID: s.user.ID, Role: s.identity.Role, Name: s.identity.Name},
		Time: protocol.At(s.hub.Store.Now()),
	}
	if s.user.Role == call.Adjuster {
		w.Availability = protocol.Availability(seat.presence.Availability())
	}
	c := seat.call
	if err := s.showCall(&w, c); err != nil {
		return err
	}
	s.told = s.hub.Limits.HeartbeatIdle
	if c != nil {
		s.told = s.hub.Limits.HeartbeatCall
	}
	w.HeartbeatMS = s.told.Milliseconds()
	if err := s.dropOutdated(ctx, seat.presence.Call); err != nil {
		return err
	}
	frame, err := protocol.Encode(protocol.TypeWelcome, id, w)
	if err != nil {
		return err
	}
	frames := [][]byte{frame}
	if c == nil {
		ended, hangup := s.missedEnd(seat)
		frames = append(frames, hangup...)
		if seat.presence.Availability() == call.WrapUp && s.user.Role == call.Adjuster {
			wrapUp, err := availabilityFrame(seat.presence)
			if err != nil {
				return err
			}
			frames = append(frames, wrapUp)
		}
		s.goLive(frames, seat.presence, ended)
		return nil
	}
	if frames, err = s.ringAgain(frames, *c); err != nil {
		return err
	}
	s.goLive(frames, seat.presence, c)
	return nil
}

// ringAgain adds the invite for a party that comes back while it is being rung: a page rings by that.
func (s *socket) ringAgain(frames [][]byte, c call.Call) ([][]byte, error) {
	if c.State != call.Ringing || s.user.Role != c.Called() {
		return frames, nil
	}
	invite, err := s.hub.frame(call.Notify{Notice: call.NoticeInvite, To: s.user}, c)
	return append(frames, invite), err
}

// showCall puts the running call into the welcome, with streams if this session holds its leg.
func (s *socket) showCall(w *protocol.Welcome, c *call.Call) error {
	if c == nil {
		return nil
	}
	v := s.hub.view(*c, s.user)
	w.Call = &v
	if c.State != call.Active || c.Leg(s.user.Role).Session != s.session {
		return nil
	}
	streams, err := s.hub.handOut(*c, s.user.Role)
	w.Streams = &streams
	return err
}

// missedEnd returns the call that ended while a resumed session had no socket that could hear of it, and the frame that
// says so. The last socket may have been dead for a while before the hub noticed.
func (s *socket) missedEnd(seat seating) (ended *call.Call, hangup [][]byte) {
	if seat.last == nil {
		return nil, nil
	}
	deaf := seat.goneAt.Add(-time.Duration(missedBeats * float64(s.hub.Limits.HeartbeatCall)))
	c, err := seat.last()
	if err != nil || !c.Has(s.user) || c.State != call.Ended || c.EndedAt.Before(deaf) {
		return nil, nil
	}
	frame, err := s.hub.frame(call.Notify{
		Notice: call.NoticeHangup, To: s.user, Reason: c.End.Reason, By: c.End.By,
	}, c)
	if err != nil {
		return nil, nil
	}
	return &c, [][]byte{frame}
}
