package protocol

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestErrors(t *testing.T) {
	tests := map[string]struct {
		got  *Error
		want Error
	}{
		"default":    {NewError(CodeUnavailable), Error{CodeUnavailable, "The service is not available at the moment. Please try again.", true, ""}},
		"own words":  {Errorf(CodeForbidden, "Not %d.", 7), Error{CodeForbidden, "Not 7.", false, ""}},
		"bad data":   {BadData("note", "too long"), Error{CodeBadData, "note: too long", false, ""}},
		"call ended": {CallEnded(ReasonLost), Error{CodeCallEnded, "The call is over (lost).", false, ReasonLost}},
		"unknown":    {NewError("tomorrow"), Error{"tomorrow", "Something went wrong. Please try again.", true, ""}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if *tt.got != tt.want {
				t.Errorf("got %+v, want %+v", *tt.got, tt.want)
			}
		})
	}
}

func TestErrorIsByCode(t *testing.T) {
	err := fmt.Errorf("accept: %w", CallEnded(ReasonCanceled))
	if !errors.Is(err, NewError(CodeCallEnded)) {
		t.Error("the same code with another message is not the same error")
	}
	if errors.Is(err, NewError(CodeInternal)) || errors.Is(err, errors.New("x")) {
		t.Error("another code is the same error")
	}
	var e *Error
	if !errors.As(err, &e) || e.Reason != ReasonCanceled {
		t.Errorf("got %+v", e)
	}
	if got := e.Error(); !strings.Contains(got, "call_ended") || !strings.Contains(got, "canceled") {
		t.Errorf("text %q", got)
	}
}

func TestCodes(t *testing.T) {
	seen := map[Code]bool{}
	for _, code := range Codes() {
		e := NewError(code)
		if seen[code] || !fieldName([]byte(code)) || !strings.HasSuffix(e.Message, ".") {
			t.Errorf("%s: stands twice, is no snake_case word, or says %q", code, e.Message)
		}
		seen[code] = true
	}
}

func TestCloseCodes(t *testing.T) {
	last := CloseCode(0)
	for _, c := range CloseCodes() {
		word := c.String()
		if c <= last || c < 4000 || c > 4999 {
			t.Errorf("%d is out of order or out of range", c)
		}
		if !fieldName([]byte(word)) || len(word) > 123 || strings.HasPrefix(word, "close_") {
			t.Errorf("%d has the word %q", c, word)
		}
		last = c
	}
}

func TestReconnectIsByRange(t *testing.T) {
	for code, want := range map[CloseCode]bool{
		1000: true, 1001: true, 1006: true, 3999: true, 4000: true, 4499: true, // come back
		4500: false, 4777: false, 4999: false, 5000: true,
	} {
		if code.Reconnect() != want {
			t.Errorf("%d: Reconnect() = %v", code, !want)
		}
	}
	if got := CloseCode(4777).String(); got != "close_4777" {
		t.Errorf("a code of tomorrow reads %q", got)
	}
}
