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
	"github.com/claimcall/claimcall/internal/store"
	"github.com/claimcall/claimcall/protocol"
)

// hello signs the socket in. It returns false when there is nothing to serve; the socket is ending then.
func (s *socket) hello() bool {
	env, refused, code := s.readHello()
	if refused == nil {
		refused, code = s.authenticate(env)
	}
	if refused == nil {
		refused = s.sit(env)
		code = protocol.CloseInternal
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
	case errors.Is(err, ErrNotText):
		return protocol.Envelope{}, protocol.NewError(protocol.CodeNotText), protocol.CloseBadFrame
	case errors.Is(err, ErrTooLarge), err == nil && len(frame) > protocol.MaxHello:
		return protocol.Envelope{}, protocol.NewError(protocol.CodeTooLarge), protocol.CloseBadFrame
	case err != nil:
		return protocol.Envelope{}, protocol.NewError(protocol.CodeHelloRequired), protocol.CloseHelloRequired
	}
	env, bad := protocol.DecodeCommand(frame)
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
	identity, err := s.hub.Authenticate(token)
	if err != nil {
		refused := wireError(err, call.Call{})
		return refused, closeFor(refused)
	}
	if s.opening.Allowed != nil && !s.opening.Allowed(identity.Role) {
		return protocol.Errorf(protocol.CodeForbidden, "This role may not connect from this page."), protocol.CloseForbidden
	}
	s.identity = identity
	s.user = call.User{Role: call.Role(identity.Role), ID: identity.User}
	return nil, 0
}

// closeFor returns the close code after a refused token.
func closeFor(e *protocol.Error) protocol.CloseCode {
	switch {
	case e.Code == protocol.CodeTokenExpired:
		return protocol.CloseTokenExpired
	case e.Retry:
		return protocol.CloseInternal
	}
	return protocol.CloseUnauthorized
}

// sit seats the socket on a session and sends the welcome. Messages for the user are held back from before the
// seat is known to the store until the welcome is out, so that none falls between.
func (s *socket) sit(env protocol.Envelope) *protocol.Error {
	var hello protocol.Hello
	if bad := protocol.DecodeData(env.Data, &hello); bad != nil {
		return bad
	}
	ctx, cancel := s.hub.command()
	defer cancel()
	s.hub.register(s)
	seat, err := s.hub.seat(ctx, s, hello.Resume)
	if err == nil {
		err = s.welcome(ctx, env.ID, seat)
	}
	if err == nil {
		return nil
	}
	s.hub.log.Warn("sign-in failed", zap.Error(err))
	if seat.session.ID != "" {
		s.hub.stand(s)
	} else {
		s.hub.unregister(s)
	}
	return wireError(err, call.Call{})
}

// seating is what came of seating a socket.
type seating struct {
	session  call.Session
	secret   string // what the client resumes with
	resumed  bool
	goneAt   time.Time // since when the resumed session had no socket; zero if it had one
	presence call.Presence
}

// seat attaches the socket to the session that resume names, or to a new one.
func (h *Hub) seat(ctx context.Context, s *socket, resume string) (seating, error) {
	var got seating
	p, err := h.updatePresence(ctx, s.user, func(p call.Presence) (call.Presence, bool) {
		got = choose(p, resume)
		got.session.Node = h.Node
		p.Name, p.Skills, p.Queues = s.identity.Name, s.identity.Skills, s.identity.Queues
		return p.Attach(got.session, h.Store.Now()), true
	})
	if err != nil {
		return seating{}, err
	}
	got.presence = p
	got.session, _ = p.Session(got.session.ID)
	s.session, s.seat = got.session.ID, got.session.Conn
	h.replaceOlder(s)
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

// replaceOlder closes what other sockets the session still has on this node. They are not to come back: the session
// goes on here.
func (h *Hub) replaceOlder(s *socket) {
	for _, other := range h.socketsOf(s.user) {
		if other != s && other.sitsOn(s.session) {
			other.close(protocol.CloseReplaced)
		}
	}
}

// welcome sends the snapshot, lets live events follow, and makes up for an end that the client missed.
func (s *socket) welcome(ctx context.Context, id string, seat seating) error {
	w := protocol.Welcome{
		Session: s.session, Resume: seat.secret, Resumed: seat.resumed,
		User:        protocol.User{ID: s.user.ID, Role: s.identity.Role, Name: s.identity.Name},
		Time:        protocol.At(s.hub.Store.Now()),
		HeartbeatMS: s.hub.Limits.HeartbeatIdle.Milliseconds(),
	}
	if s.user.Role == call.Adjuster {
		w.Availability = protocol.Availability(seat.presence.Availability())
	}
	c, err := s.showCall(ctx, &w, seat.presence)
	if err != nil {
		return err
	}
	frame, err := protocol.Encode(protocol.TypeWelcome, id, w)
	if err != nil {
		return err
	}
	s.goLive(frame, seat.presence, c)
	if c != nil {
		return s.hub.positions.begin(ctx, *c)
	}
	s.tellMissedEnd(ctx, seat)
	return nil
}

// showCall puts the running call into the welcome, with streams if this session holds its leg.
func (s *socket) showCall(ctx context.Context, w *protocol.Welcome, p call.Presence) (*call.Call, error) {
	if p.Call == "" {
		return nil, nil
	}
	c, err := s.hub.apply(ctx, p.Call, p.Changed())
	if errors.Is(err, store.ErrNotFound) || c.State == call.Ended {
		return nil, nil // ended since; live events tell
	}
	if err != nil {
		return nil, err
	}
	v := view(c, s.user.Role)
	w.Call = &v
	w.HeartbeatMS = s.hub.Limits.HeartbeatCall.Milliseconds()
	if c.State == call.Active && c.Leg(s.user.Role).Session == s.session {
		streams, err := s.hub.handOut(c, s.user.Role)
		if err != nil {
			return nil, err
		}
		w.Streams = &streams
	}
	return &c, nil
}

// tellMissedEnd follows up a resume with the end of the call that ended while the socket was gone.
func (s *socket) tellMissedEnd(ctx context.Context, seat seating) {
	if !seat.resumed || seat.presence.LastCall == "" {
		return
	}
	c, err := s.hub.Store.Call(ctx, seat.presence.LastCall)
	if err != nil || c.State != call.Ended || c.EndedAt.Before(seat.goneAt) {
		return
	}
	n := call.Notify{Notice: call.NoticeHangup, To: s.user, Reason: c.End.Reason, By: c.End.By}
	if frame, err := s.hub.frame(n, c); err == nil {
		s.send(frame)
	}
}
