package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/claimcall/claimcall/hub"
	"github.com/claimcall/claimcall/internal/config"
	"github.com/claimcall/claimcall/internal/webhook"
	"github.com/claimcall/claimcall/protocol"
)

// receiver is a claims system that accepts what it can, and notes it.
type receiver struct {
	*httptest.Server
	t      *testing.T
	secret []byte
	told   chan hub.Told

	mu       sync.Mutex
	refuses  func(*http.Request, hub.Told) bool
	accepted []string // ids
}

func newReceiver(t *testing.T) *receiver {
	r := &receiver{t: t, secret: bytes.Repeat([]byte("k"), 32), told: make(chan hub.Told, 1000)}
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Close)
	return r
}

// settings returns the flags with which a server tells the receiver.
func (r *receiver) settings() []string {
	r.t.Helper()
	text, err := json.Marshal([]map[string]any{{
		"name": "claims", "url": r.URL, "allow_private": true,
		"secrets": []string{"whsec_" + base64.StdEncoding.EncodeToString(r.secret)},
	}})
	file := filepath.Join(r.t.TempDir(), "webhooks.json")
	if err == nil {
		err = os.WriteFile(file, text, 0o600)
	}
	if err != nil {
		r.t.Fatal(err)
	}
	return []string{"--webhooks", file}
}

// refuse has the receiver refuse what f says.
func (r *receiver) refuse(f func(*http.Request, hub.Told) bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.refuses = f
}

// ServeHTTP checks the signature, and accepts or refuses.
func (r *receiver) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	body, _ := io.ReadAll(q.Body)
	id := q.Header.Get(webhook.HeaderID)
	seconds, _ := strconv.ParseInt(q.Header.Get(webhook.HeaderTimestamp), 10, 64)
	var told hub.Told
	if err := json.Unmarshal(body, &told); err != nil ||
		q.Header.Get(webhook.HeaderSignature) != webhook.Sign([][]byte{r.secret}, id, time.Unix(seconds, 0), body) {
		r.t.Errorf("told %q with %v", body, q.Header)
	}
	r.mu.Lock()
	refuses := r.refuses
	r.mu.Unlock()
	if refuses != nil && refuses(q, told) {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	r.mu.Lock()
	r.accepted = append(r.accepted, id)
	r.mu.Unlock()
	w.WriteHeader(http.StatusNoContent)
	r.told <- told
}

// until returns the kinds of events that are accepted, up to one.
func (r *receiver) until(last hub.EventKind) (kinds []hub.EventKind) {
	r.t.Helper()
	for {
		select {
		case told := <-r.told:
			if kinds = append(kinds, told.Type); told.Type == last {
				return kinds
			}
		case <-time.After(patience):
			r.t.Fatalf("told %v, and no %s", kinds, last)
		}
	}
}

// A server is killed while it tells, and the receiver fails for a while: nothing is lost, and nothing overtakes.
func TestWebhooksOutliveTheServer(t *testing.T) {
	claims := newReceiver(t)
	holding := make(chan struct{}, 1)
	claims.refuse(func(q *http.Request, told hub.Told) bool {
		if told.Type != hub.EventAccepted {
			return false
		}
		holding <- struct{}{}
		<-q.Context().Done() // the server is gone
		return true
	})
	s := serve(t, nil, claims.settings()...)
	li := callAs(s, "li", "--answer")
	li.sees(protocol.TypeWelcome)
	zhang := callAs(s, "zhang", "--claim-no", "BX-2")
	id := zhang.sees(protocol.TypeCallStreams).Data.Call.ID
	li.sees(protocol.TypeCallStreams)
	select {
	case <-holding:
	case <-time.After(patience):
		t.Fatal("the accept is not told")
	}
	s.signal(syscall.SIGKILL)
	<-s.ended
	failures := 0
	claims.refuse(func(*http.Request, hub.Told) bool { failures++; return failures == 1 })

	serve(t, s, claims.settings()...)
	for _, each := range []*caller{zhang, li} {
		each.sees(protocol.TypeWelcome)
	}
	li.signal(syscall.SIGINT)
	want := []hub.EventKind{hub.EventCreated, hub.EventRinging, hub.EventAccepted, hub.EventActive, hub.EventEnded}
	got := slices.DeleteFunc(claims.until(hub.EventEnded), func(k hub.EventKind) bool { return k == hub.EventStreams })
	if !slices.Equal(got, want) {
		t.Errorf("told %v", got)
	}
	claims.mu.Lock()
	defer claims.mu.Unlock()
	last := int64(0)
	for _, each := range claims.accepted {
		seq, err := strconv.ParseInt(strings.TrimPrefix(each, id+"."), 10, 64)
		if err != nil || seq <= last {
			t.Errorf("accepted %v", claims.accepted)
		}
		last = seq
	}
}

func TestWebhooksRefused(t *testing.T) {
	good := "whsec_" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("k"), 32))
	for want, r := range map[string]config.Webhook{
		"whsec_ and 24 to 64": {Name: "a", URL: "https://a.example/", Secrets: []config.Secret{"whsec_short"}},
		`no event "call.won"`: {Name: "a", URL: "https://a.example/", Secrets: []config.Secret{config.Secret(good)}, Events: []string{"call.won"}},
	} {
		c := &config.Webhooks{Receivers: []config.Webhook{r}}
		_, err := tell(c)
		if err == nil {
			err = new(node).openWebhooks(c)
		}
		if text := fmt.Sprint(err); !strings.Contains(text, want) || !strings.Contains(text, "CLAIMCALL_WEBHOOKS") || strings.Contains(text, "short") {
			t.Errorf("%v does not say %q", err, want)
		}
	}
}
