package redisstore

import (
	"bytes"
	"math"
	"testing"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/internal/store"
)

func someMessages() []store.Message {
	li := call.User{Role: call.Adjuster, ID: "李"}
	return []store.Message{
		{To: li, Node: "n 1", Session: "s1", Except: "s2", Call: "c1", Version: 7, State: call.Ringing, Frame: []byte(`{"type":"x"}`)},
		{},
		{To: li, Version: math.MaxInt64, Frame: bytes.Repeat([]byte{0}, 300)},
		{To: li, Version: -1},
	}
}

func TestMessagesComeBack(t *testing.T) {
	payload := ""
	for _, m := range someMessages() {
		payload += encodeMessage(m)
	}
	got, err := decodeMessages(payload)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "messages", got, someMessages())
	if _, ok := decodeEcho(payload); ok {
		t.Error("messages look like an echo")
	}
}

func TestEchoComesBack(t *testing.T) {
	token, ok := decodeEcho(encodeEcho("token"))
	if !ok || token != "token" {
		t.Errorf("got %q, %v", token, ok)
	}
	if _, err := decodeMessages(encodeEcho("token")); err == nil {
		t.Error("an echo looks like a message")
	}
}

func TestCutMessagesAreRefused(t *testing.T) {
	whole := encodeMessage(someMessages()[0])
	for n := 1; n < len(whole); n++ {
		if m, err := decodeMessages(whole[:n]); err == nil {
			t.Errorf("%d bytes of %d are taken for %+v", n, len(whole), m)
		}
	}
	if _, err := decodeMessages(whole + "\x01"); err == nil {
		t.Error("more than a message is taken for one")
	}
}

func FuzzDecodeMessages(f *testing.F) {
	for _, m := range someMessages() {
		f.Add(encodeMessage(m))
	}
	f.Add("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01")
	f.Add(encodeEcho("x"))
	f.Fuzz(func(t *testing.T, payload string) {
		messages, err := decodeMessages(payload)
		if err != nil {
			return
		}
		again := ""
		for _, m := range messages {
			again += encodeMessage(m)
		}
		back, err := decodeMessages(again)
		if err != nil {
			t.Fatal(err)
		}
		same(t, "messages", back, messages)
	})
}
