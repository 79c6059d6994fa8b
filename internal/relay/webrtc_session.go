package relay

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/pion/webrtc/v4"
	"go.uber.org/zap"
)

var (
	errNotConnected = errors.New("relay: browser did not connect")
	errHungUp       = errors.New("relay: browser hung up")
)

// session is one browser that publishes or plays: from its offer, which was let in, to the end of its peer connection.
type session struct {
	relay   *Relay
	attempt Attempt
	// id is hard to guess: who knows it may end the session. etag names the state of ICE.
	id, etag string
	ufrag    string
	pc       *webrtc.PeerConnection
	stream   *stream
	viewer   *viewer // nil for a publisher

	ctx       context.Context
	cancel    context.CancelCauseFunc
	connected chan struct{}
	once      sync.Once

	// mu guards the start of goroutines against the end.
	mu     sync.Mutex
	closed bool
	work   sync.WaitGroup
}

// newSession returns a session of an attempt on s that was let in. It has no peer connection yet.
func (r *Relay) newSession(a Attempt, s *stream) *session {
	id := strings.ToLower(rand.Text())
	n := &session{
		relay: r, attempt: a, stream: s, connected: make(chan struct{}),
		id: id, etag: `"` + strings.ToLower(rand.Text()[:8]) + `"`,
	}
	n.ctx, n.cancel = context.WithCancelCause(r.ctx)
	return n
}

// answer opens the peer connection and returns our answer to the offer, with all our candidates.
func (n *session) answer(ctx context.Context, o offer, prepare func(*webrtc.PeerConnection) error) (string, error) {
	certificates, err := n.relay.web.certificates.get(time.Now())
	if err != nil {
		return "", err
	}
	api := n.relay.web.play
	if n.attempt.Action == Publish {
		api = n.relay.web.publish
	}
	pc, err := api.NewPeerConnection(webrtc.Configuration{
		BundlePolicy: webrtc.BundlePolicyMaxBundle, Certificates: certificates,
	})
	if err != nil {
		return "", fmt.Errorf("relay: open a peer connection: %w", err)
	}
	n.pc, n.ufrag = pc, remoteUfrag(o.text)
	pc.OnConnectionStateChange(n.changed)
	if err := prepare(pc); err != nil {
		return "", err
	}
	if err := pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: o.text}); err != nil {
		return "", fmt.Errorf("%w: %w", errOffer, err)
	}
	answer, err := pc.CreateAnswer(nil)
	if err != nil {
		return "", fmt.Errorf("%w: %w", errOffer, err)
	}
	if !accepts(&answer) {
		return "", fmt.Errorf("%w: it has neither H.264 nor Opus", errOffer)
	}
	gathered := webrtc.GatheringCompletePromise(pc)
	if err := pc.SetLocalDescription(answer); err != nil {
		return "", fmt.Errorf("%w: %w", errOffer, err)
	}
	select {
	case <-gathered:
		return pc.LocalDescription().SDP, nil
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}

// changed follows the connection. It is called from within it and must not wait.
func (n *session) changed(state webrtc.PeerConnectionState) {
	switch state {
	case webrtc.PeerConnectionStateConnected:
		n.once.Do(func() { close(n.connected) })
	case webrtc.PeerConnectionStateFailed, webrtc.PeerConnectionStateClosed:
		n.cancel(errGone)
	}
}

// Close ends the session without waiting for its end.
func (n *session) Close() error {
	n.cancel(errNotConnected)
	return nil
}

// knock counts the session among those of its name and kind that are not connected yet.
func (n *session) knock() (letIn func()) {
	if n.attempt.Action == Publish {
		return n.stream.offers.enter(n, "")
	}
	return n.stream.seats.enter(n, "")
}

// run serves the session to its end. letIn is called when it has connected.
func (n *session) run(letIn func(), serve func(context.Context) error) {
	defer n.relay.leave()
	defer n.release()
	defer letIn()
	connected := n.relay.web.half.enter(n, "")
	defer connected()
	err := n.connect()
	if err == nil {
		connected()
		letIn()
		err = serve(n.ctx)
	}
	if cause := context.Cause(n.ctx); cause != nil && errors.Is(err, context.Canceled) {
		err = cause
	}
	n.relay.outcome(n.attempt, err)
}

// connect waits for the browser.
func (n *session) connect() error {
	ctx, cancel := context.WithTimeoutCause(n.ctx, 2*n.relay.limits.HandshakeTimeout, errNotConnected)
	defer cancel()
	select {
	case <-n.connected:
		return nil
	case <-n.stream.done:
		return n.stream.reason()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// spawn runs f in a goroutine that the end of the session waits for; f ends when the peer connection is closed.
func (n *session) spawn(f func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		return
	}
	n.work.Go(func() {
		defer n.recoverMedia()
		f()
	})
}

// recoverMedia is deferred where media of a browser is read: it is the last line against a mistake of ours.
func (n *session) recoverMedia() {
	if v := recover(); v != nil {
		n.relay.log.Error("relay: panic in WebRTC session", zap.Any("panic", v), zap.Stack("stack"))
		n.cancel(errGone)
	}
}

// release gives back everything that the session holds.
func (n *session) release() {
	n.cancel(nil)
	n.relay.web.remove(n)
	n.mu.Lock()
	n.closed = true
	n.mu.Unlock()
	if n.pc != nil {
		_ = n.pc.GracefulClose()
	}
	n.work.Wait()
	if n.viewer != nil {
		n.relay.unwatch(n.viewer)
	}
	n.relay.names.release(n.stream)
}
