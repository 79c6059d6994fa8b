package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/claimcall/claimcall/internal/auth"
	"github.com/claimcall/claimcall/internal/config"
	"github.com/claimcall/claimcall/protocol"
)

// socket is a bare connection to a server.
type socket struct {
	t    *testing.T
	conn *websocket.Conn
}

func dial(s *server, header http.Header) *socket {
	s.t.Helper()
	conn, _, err := websocket.Dial(s.t.Context(), s.socket, &websocket.DialOptions{
		Subprotocols: []string{protocol.Subprotocol}, HTTPHeader: header,
	})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = conn.CloseNow() })
	return &socket{s.t, conn}
}

func (s *socket) writes(kind websocket.MessageType, text string) {
	s.t.Helper()
	if err := s.conn.Write(s.t.Context(), kind, []byte(text)); err != nil {
		s.t.Fatal(err)
	}
}

// reads returns type and error code of the next frame.
func (s *socket) reads() (protocol.Type, protocol.Code) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	_, frame, err := s.conn.Read(ctx)
	if err != nil {
		s.t.Fatal(err)
	}
	var e struct {
		Type protocol.Type
		Data struct{ Code protocol.Code }
	}
	if err := json.Unmarshal(frame, &e); err != nil && e.Type == "" { // the code of bye is a number
		s.t.Fatalf("%s: %v", frame, err)
	}
	return e.Type, e.Data.Code
}

// closed returns the code that the server closes with.
func (s *socket) closed() protocol.CloseCode {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	for {
		_, _, err := s.conn.Read(ctx)
		var end websocket.CloseError
		switch {
		case errors.As(err, &end):
			return protocol.CloseCode(end.Code)
		case err != nil:
			s.t.Fatal(err)
		}
	}
}

func devToken(t *testing.T, role string, ttl time.Duration) string {
	t.Helper()
	token, err := makeToken(&config.Auth{Dev: true}, auth.Claims{Subject: role + "-1", Role: role}, ttl)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func hello(token string) string {
	return `{"type":"hello","id":"h","data":{"token":"` + token + `"}}`
}

func TestBadFramesAreAnsweredAndTheSocketLives(t *testing.T) {
	s := dial(serve(t, nil), nil)
	s.writes(websocket.MessageText, hello(devToken(t, "claimant", time.Hour)))
	if kind, _ := s.reads(); kind != protocol.TypeWelcome {
		t.Fatalf("got %s", kind)
	}
	tests := []struct {
		kind websocket.MessageType
		text string
		want protocol.Code
	}{
		{websocket.MessageBinary, "\x00", protocol.CodeNotText},
		{websocket.MessageText, strings.Repeat(" ", protocol.MaxFrame+1), protocol.CodeTooLarge},
		{websocket.MessageText, "\xff", protocol.CodeBadUTF8},
		{websocket.MessageText, "{", protocol.CodeBadJSON},
		{websocket.MessageText, `{"type":"ping","type":"ping","id":"1"}`, protocol.CodeDuplicateKey},
		{websocket.MessageText, `{"type":"dance","id":"1"}`, protocol.CodeUnknownType},
	}
	for _, tt := range tests {
		s.writes(tt.kind, tt.text)
		if kind, code := s.reads(); kind != protocol.TypeError || code != tt.want {
			t.Errorf("%.20q: got %s %s, want %s", tt.text, kind, code, tt.want)
		}
	}
	s.writes(websocket.MessageText, `{"type":"ping","id":"2"}`)
	if kind, _ := s.reads(); kind != protocol.TypePong {
		t.Errorf("afterwards got %s, want a pong", kind)
	}
	s.writes(websocket.MessageText, strings.Repeat(" ", 1<<20+1))
	if got := s.closed(); got != protocol.CloseBadFrame {
		t.Errorf("a frame beyond measure closes with %s", got)
	}
}

func TestWhoMaySignIn(t *testing.T) {
	server := serve(t, nil)
	foreign := http.Header{"Origin": {"https://elsewhere.example"}}
	own := http.Header{"Origin": {server.url}}
	other, err := auth.HS256([]byte(strings.Repeat("o", auth.MinSecret)))
	if err != nil {
		t.Fatal(err)
	}
	forged, err := auth.NewSigner(auth.Config{Key: other}).Sign(auth.Claims{Subject: "x", Role: "adjuster"}, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name   string
		header http.Header
		token  string
		want   protocol.CloseCode // 0: welcome
	}{
		{"a claimant from anywhere", foreign, devToken(t, "claimant", time.Hour), 0},
		{"an adjuster on our own page", own, devToken(t, "adjuster", time.Hour), 0},
		{"an adjuster without a page", nil, devToken(t, "adjuster", time.Hour), 0},
		{"an adjuster on a foreign page", foreign, devToken(t, "adjuster", time.Hour), protocol.CloseForbidden},
		{"a supervisor on a foreign page", foreign, devToken(t, "supervisor", time.Hour), protocol.CloseForbidden},
		{"a token of somebody else's key", nil, forged, protocol.CloseUnauthorized},
		{"no token", nil, "", protocol.CloseUnauthorized},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := dial(server, tt.header)
			s.t = t
			s.writes(websocket.MessageText, hello(tt.token))
			if tt.want != 0 {
				if got := s.closed(); got != tt.want {
					t.Errorf("closed with %s, want %s", got, tt.want)
				}
			} else if kind, code := s.reads(); kind != protocol.TypeWelcome {
				t.Errorf("got %s %s", kind, code)
			}
		})
	}
}

func TestTheHeaderSignsIn(t *testing.T) {
	s := dial(serve(t, nil), http.Header{"Authorization": {"Bearer " + devToken(t, "claimant", time.Hour)}})
	s.writes(websocket.MessageText, `{"type":"hello","id":"h"}`)
	if kind, code := s.reads(); kind != protocol.TypeWelcome {
		t.Errorf("got %s %s", kind, code)
	}
}

func TestAnExpiredTokenCommandsNothing(t *testing.T) {
	s := dial(serve(t, nil), nil)
	s.writes(websocket.MessageText, hello(devToken(t, "claimant", 2*time.Second)))
	go func() {
		for tick := time.Tick(250 * time.Millisecond); s.conn.Write(t.Context(), websocket.MessageText, []byte(`{"type":"call.join","id":"j","data":{"call":"x"}}`)) == nil; {
			<-tick
		}
	}()
	if got := s.closed(); got != protocol.CloseTokenExpired {
		t.Errorf("closed with %s", got)
	}
}
