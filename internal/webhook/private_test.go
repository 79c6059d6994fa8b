package webhook

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/claimcall/claimcall/internal/store"
)

func listenOn(t *testing.T, address string) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// nameServer answers every question for an address of version 4 with the next of its answers, and again with the last.
func nameServer(t *testing.T, answers ...[4]byte) *net.Resolver {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	var asked atomic.Int32
	go func() {
		question := make([]byte, 512)
		for {
			n, from, err := conn.ReadFrom(question)
			if err != nil {
				return
			}
			address := answers[min(int(asked.Load()), len(answers)-1)]
			answer, isA := dnsAnswer(question[:n], address)
			if isA {
				asked.Add(1)
			}
			_, _ = conn.WriteTo(answer, from)
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

// dnsAnswer returns the answer to a question for type A; to others one that there is nothing.
func dnsAnswer(question []byte, address [4]byte) (answer []byte, isA bool) {
	end := 12
	for question[end] != 0 {
		end += 1 + int(question[end])
	}
	end += 5 // the end of the name, type and class
	isA = question[end-3] == 1
	answer = append(answer, question[:2]...)                    // id
	answer = append(answer, 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0) // an answer to one question
	answer = append(answer, question[12:end]...)
	if isA {
		answer[7] = 1
		answer = append(answer, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4)
		answer = append(answer, address[:]...)
	}
	return answer, isA
}

// TestPrivateAddresses has receivers lead to this machine: by number, by name, and by a name that changes its address.
func TestPrivateAddresses(t *testing.T) {
	to := newSite(t, nil)
	_, port, err := net.SplitHostPort(to.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	here := [4]byte{127, 0, 0, 1}
	// 192.0.2.1 is nobody's, and refused like a private one: the name is asked for again each time.
	rebinding := nameServer(t, [4]byte{192, 0, 2, 1}, here)
	for url, resolver := range map[string]*net.Resolver{
		"http://127.0.0.1:" + port:          nil,
		"http://[::ffff:127.0.0.1]:" + port: nil,
		"http://0.0.0.0:" + port:            nil,
		"http://2130706433:" + port:         nil,
		"http://localhost:" + port:          nil,
		"http://hook.example:" + port:       nameServer(t, here),
		"http://rebind.example:" + port:     rebinding,
	} {
		for range 3 {
			if _, err := try(t, Receiver{Name: "r", URL: url, Secrets: [][]byte{key('b')}}, resolver); err == nil {
				t.Errorf("%s: told", url)
			} else if strings.Contains(url, "example") && !errors.Is(err, ErrPrivate) {
				t.Errorf("%s: %v", url, err)
			}
		}
	}
	if n := to.asked.Load(); n != 0 {
		t.Errorf("%d requests came through", n)
	}
	allowed := Receiver{Name: "r", URL: "http://hook.example:" + port, Secrets: [][]byte{key('b')}, AllowPrivate: true}
	if status, err := try(t, allowed, nameServer(t, here)); err != nil || status != http.StatusNoContent {
		t.Errorf("allowed: %d, %v", status, err)
	}
}

// try makes one try.
func try(t *testing.T, to Receiver, resolver *net.Resolver) (int, error) {
	t.Helper()
	teller, err := New(Config{Outbox: openStore(t), Receivers: []Receiver{to}, Resolver: resolver})
	if err != nil {
		t.Fatal(err)
	}
	return teller.receivers[0].tell(t.Context(), store.Event{Receiver: "r", Call: "c", Seq: 1, Body: []byte("{}")})
}
