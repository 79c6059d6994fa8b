package hub

import (
	"context"
	"errors"
	"time"

	"go.uber.org/zap"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/protocol"
)

// handler carries out one command. It returns the data of the answer; an error may come with the call that it is about.
type handler func(ctx context.Context, s *socket, data any) (answer any, about call.Call, err error)

// handlers is what the hub does for each command of the protocol. hello and ping are not here: hello comes
// before all others, and ping needs no store.
var handlers = map[protocol.Type]handler{
	protocol.TypeTokenRefresh: refreshToken,
	protocol.TypeCallRequest:  requestCall,
	protocol.TypeCallInvite:   inviteClaimant,
	protocol.TypeCallAccept:   acceptCall,
	protocol.TypeCallReject:   rejectCall,
	protocol.TypeCallJoin: onCall(func(s *socket) call.Event {
		return call.Join{By: s.user, Session: s.session, Avoid: s.hub.down()}
	}),
	protocol.TypeCallCancel:      onCall(func(s *socket) call.Event { return call.Cancel{By: s.user} }),
	protocol.TypeCallHangup:      onCall(func(s *socket) call.Event { return call.Hangup{By: s.user, Session: s.session} }),
	protocol.TypeStreamsRefresh:  refreshStreams,
	protocol.TypeStreamsReport:   reportStreams,
	protocol.TypeAvailabilitySet: setAvailability,
	protocol.TypeCallNote:        noteCall,
	protocol.TypeQueueWatch:      watchQueue,
	protocol.TypeSessionEnd:      endSession,
}

// decode reads one frame, or says what is wrong with one that the conn skipped.
func decode(frame []byte, skipped error) (protocol.Envelope, *protocol.Error) {
	switch {
	case errors.Is(skipped, ErrNotText):
		return protocol.Envelope{}, protocol.NewError(protocol.CodeNotText)
	case errors.Is(skipped, ErrTooLarge):
		return protocol.Envelope{}, protocol.NewError(protocol.CodeTooLarge)
	}
	return protocol.DecodeCommand(frame)
}

// dispatch decodes one frame, checks that this user may send it, and answers it.
func (s *socket) dispatch(frame []byte, skipped error) {
	env, bad := decode(frame, skipped)
	if s.passNow().over() {
		s.fail(env.ID, protocol.NewError(protocol.CodeTokenExpired))
		s.bye(protocol.CloseTokenExpired, 0)
		return
	}
	if !s.allowed(frame, skipped) {
		bad = protocol.NewError(protocol.CodeRateLimited)
	}
	if bad != nil {
		s.fail(env.ID, bad)
		return
	}
	command, known := protocol.LookupCommand(env.Type)
	switch {
	case !known:
		s.fail(env.ID, protocol.NewError(protocol.CodeUnknownType))
	case env.Type == protocol.TypeHello:
		s.fail(env.ID, protocol.NewError(protocol.CodeAlreadySignedIn))
	case env.Type == protocol.TypePing:
		s.pong(env.ID)
	case !command.Allows(s.identity.Role):
		s.fail(env.ID, protocol.NewError(protocol.CodeForbidden))
	default:
		s.handle(env, command)
	}
}

func (s *socket) pong(id string) {
	s.answer(protocol.TypePong, id, protocol.Pong{
		Time: protocol.At(s.hub.Store.Now()), NextMS: s.tellBeat().Milliseconds(),
	})
}

func (s *socket) handle(env protocol.Envelope, command protocol.Command) {
	data := command.NewData()
	if bad := protocol.DecodeData(env.Data, data); bad != nil {
		s.fail(env.ID, bad)
		return
	}
	ctx, cancel := s.hub.command()
	defer cancel()
	begun := time.Now()
	answer, about, err := handlers[env.Type](ctx, s, data)
	s.hub.Observer.Commanded(env.Type, time.Since(begun))
	if err != nil {
		s.failed(env, about, err)
		return
	}
	s.answer(command.Answer, env.ID, answer)
	if s.leaving {
		s.end(protocol.CloseSignedOut)
	}
}

// failed answers a command that could not be carried out. Only faults of our own reach the log.
func (s *socket) failed(env protocol.Envelope, about call.Call, err error) {
	told := wireError(err, about)
	if told.Code == protocol.CodeInternal || told.Code == protocol.CodeUnavailable {
		s.hub.log.Error("command failed", zap.String("type", string(env.Type)), zap.Error(err))
	}
	s.fail(env.ID, told)
}

// onCall returns the handler of a command that is one event of the call it names.
func onCall(event func(*socket) call.Event) handler {
	return func(ctx context.Context, s *socket, data any) (any, call.Call, error) {
		return s.act(ctx, data.(*protocol.CallRef).Call, event(s))
	}
}

// act applies an event to a call and answers with the view after it.
func (s *socket) act(ctx context.Context, id string, ev call.Event) (any, call.Call, error) {
	c, err := s.hub.apply(ctx, id, ev)
	return protocol.CallAnswer{Call: s.hub.view(c, s.user)}, c, err
}

func acceptCall(ctx context.Context, s *socket, data any) (any, call.Call, error) {
	return s.answerRing(ctx, data.(*protocol.CallRef).Call, call.Accept{By: s.user, Session: s.session})
}

func rejectCall(ctx context.Context, s *socket, data any) (any, call.Call, error) {
	in := data.(*protocol.CallReject)
	return s.answerRing(ctx, in.Call, call.Reject{By: s.user, Session: s.session, Why: in.Reason})
}

// answerRing is act for the yes or no of whoever is rung. What an adjuster says changes the own hold, which is loaded at
// the same time as the call.
func (s *socket) answerRing(ctx context.Context, id string, ev call.Event) (any, call.Call, error) {
	if s.user.Role != call.Adjuster {
		return s.act(ctx, id, ev)
	}
	own := meanwhile(func() ([]call.Presence, error) { return s.hub.presences(ctx, []call.User{s.user}) })
	c, err := s.hub.Store.Call(ctx, id)
	held, late := own()
	if err = errors.Join(err, late); err == nil {
		c, err = s.hub.applyTo(ctx, known{&c, held}, id, ev)
	}
	return protocol.CallAnswer{Call: s.hub.view(c, s.user)}, c, err
}

func refreshStreams(ctx context.Context, s *socket, data any) (any, call.Call, error) {
	in := data.(*protocol.StreamsRefresh)
	c, err := s.hub.apply(ctx, in.Call, s.refreshEvent(in))
	switch {
	case errors.Is(err, call.ErrWrongState) && c.State == call.Connecting:
		err = protocol.NewError(protocol.CodeStreamsNotReady)
	case err == nil && c.State == call.Ended:
		err = call.ErrEnded // for want of another provider
	}
	if err != nil {
		return nil, c, err
	}
	streams, err := s.hub.handOut(c, s.user.Role)
	return protocol.StreamsAnswer{Call: s.hub.view(c, s.user), Streams: streams}, c, err
}

func setAvailability(ctx context.Context, s *socket, data any) (any, call.Call, error) {
	state := call.Availability(data.(*protocol.AvailabilitySet).State)
	p, _, err := s.hub.updatePresence(ctx, s.user, func(p call.Presence) (call.Presence, bool) {
		return p.Set(state, s.hub.Store.Now()), true
	})
	return protocol.AvailabilityAnswer{Availability: protocol.Availability(p.Availability()), Until: until(p)}, call.Call{}, err
}

// refreshToken takes over the expiry of a new token of the same person.
func refreshToken(_ context.Context, s *socket, data any) (any, call.Call, error) {
	identity, err := s.hub.Identify(data.(*protocol.TokenRefresh).Token)
	if err != nil {
		return nil, call.Call{}, err
	}
	if identity.User != s.identity.User || identity.Role != s.identity.Role {
		return nil, call.Call{}, protocol.Errorf(protocol.CodeForbidden, "The new token is for somebody else.")
	}
	if passOf(identity).over() {
		return nil, call.Call{}, protocol.NewError(protocol.CodeTokenExpired)
	}
	s.admit(identity)
	s.heard() // the end of the former token no longer counts
	if err := s.hub.revocations.check(identity); err != nil {
		s.close(protocol.CloseRevoked) // meanwhile, and whoever noted it saw the former token
		return nil, call.Call{}, err
	}
	return protocol.Empty{}, call.Call{}, nil
}
