package webhook

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"time"

	"go.uber.org/zap"

	"github.com/claimcall/claimcall/internal/store"
)

// newClient returns a client of its own for each receiver, so that none waits for another's connections.
func newClient(r Receiver, limit time.Duration, resolver *net.Resolver) *http.Client {
	dialer := &net.Dialer{Timeout: 5 * time.Second, Resolver: resolver}
	if !r.AllowPrivate {
		dialer.Control = guard
	}
	return &http.Client{
		Timeout: limit,
		Transport: &http.Transport{
			DialContext:            dialer.DialContext, // and no proxy, which would make the connection in our place
			TLSHandshakeTimeout:    5 * time.Second,
			MaxIdleConnsPerHost:    together,
			IdleConnTimeout:        time.Minute,
			MaxResponseHeaderBytes: 16 << 10,
			ForceAttemptHTTP2:      true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// tellCall tells an event, and then those of the same call that wait behind it, until one fails.
func (r *receiver) tellCall(ctx context.Context, e store.Event) {
	for more := true; more; {
		told, err := r.tell(ctx, e)
		if ctx.Err() != nil {
			return // the lease ends by itself
		}
		switch {
		case err == nil && told == http.StatusGone:
			r.stop(ctx)
			return
		case err == nil && told/100 != 2:
			err = fmt.Errorf("webhook: receiver answered %d", told)
		}
		if err != nil && e.Tries < len(r.Backoff) {
			r.OnTry(r.Name, "failed")
			r.putOff(ctx, e, err)
			return
		}
		outcome := "told"
		if err != nil {
			outcome = "given_up"
			r.log.Error("event given up", zap.String("receiver", r.Name), zap.String("event", e.ID()),
				zap.Int("tries", e.Tries+1), zap.Error(err))
		}
		r.OnTry(r.Name, outcome)
		if e, more, err = r.told(ctx, e); err != nil {
			r.log.Warn("event is told again: that it was told could not be noted", zap.String("receiver", r.Name), zap.Error(err))
			return
		}
	}
}

// tell makes one try, and returns the status of the answer.
func (r *receiver) tell(ctx context.Context, e store.Event) (status int, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, r.URL, bytes.NewReader(e.Body))
	if err != nil {
		return 0, fmt.Errorf("webhook: tell: %w", hidden(err))
	}
	now := time.Now() // the receiver compares with its own clock
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "claimcall-webhook")
	request.Header.Set(HeaderID, e.ID())
	request.Header.Set(HeaderTimestamp, timestamp(now))
	request.Header.Set(HeaderSignature, Sign(r.Secrets, e.ID(), now, e.Body))
	answer, err := r.client.Do(request)
	if err != nil {
		return 0, fmt.Errorf("webhook: tell: %w", hidden(err))
	}
	defer answer.Body.Close()
	_, _ = io.CopyN(io.Discard, answer.Body, maxAnswer) // so that the connection serves again; nothing in it matters
	return answer.StatusCode, nil
}

// maxAnswer is how much of an answer is read, in bytes.
const maxAnswer = 64 << 10

// told removes an event that was told or given up, and returns the next one of its call.
func (r *receiver) told(ctx context.Context, e store.Event) (store.Event, bool, error) {
	bounded, cancel := context.WithTimeout(ctx, storeTime)
	defer cancel()
	return r.Outbox.EventTold(bounded, e, lease)
}

// putOff has an event tried again later. A little of the time is random, so that what failed together is spread.
func (r *receiver) putOff(ctx context.Context, e store.Event, cause error) {
	wait := r.Backoff[e.Tries]
	wait += time.Duration(rand.Int64N(int64(wait)/10 + 1))
	r.log.Warn("event not told; trying again", zap.String("receiver", r.Name), zap.String("event", e.ID()),
		zap.Int("tries", e.Tries+1), zap.Duration("after", wait), zap.Error(cause))
	bounded, cancel := context.WithTimeout(ctx, storeTime)
	defer cancel()
	if err := r.Outbox.EventFailed(bounded, e, r.Outbox.Now().Add(wait)); err != nil {
		r.log.Warn("failure not noted; the event is tried again when its lease is over", zap.String("receiver", r.Name), zap.Error(err))
		return
	}
	if wait < time.Minute {
		time.AfterFunc(wait, r.wake)
	}
}

// stop ends all telling of a receiver that has said that it is gone.
func (r *receiver) stop(ctx context.Context) {
	r.log.Error("receiver is gone; it is told nothing until it is started again", zap.String("receiver", r.Name))
	bounded, cancel := context.WithTimeout(ctx, storeTime)
	defer cancel()
	if err := r.Outbox.StopReceiver(bounded, r.Name, true); err != nil {
		r.log.Warn("receiver not stopped; it is asked once more", zap.String("receiver", r.Name), zap.Error(err))
		return
	}
	if _, err := r.Outbox.DropEvents(bounded, r.Name); err != nil {
		r.log.Warn("events for a receiver that is gone not dropped yet", zap.String("receiver", r.Name), zap.Error(err))
	}
}
