package stream

import (
	"context"
	"fmt"
)

// Doctor is a Provider that can look for what is wrong with its own set-up.
type Doctor interface {
	Provider
	// Diagnose tries what can be tried without a call, and tells what it found in plain words: what is wrong, and what
	// to do about it. No text holds a secret. It ends with ctx.
	Diagnose(ctx context.Context) []Finding
}

// Level says how bad a Finding is.
type Level string

// The levels.
const (
	OK      Level = "ok"
	Warning Level = "warning" // calls are carried, though worse or less safely than they could be
	Error   Level = "error"   // calls are not carried
)

// Finding is one thing that was looked at.
type Finding struct {
	Level   Level
	Subject string // what was looked at: a setting, a domain, a port
	Text    string // one or two sentences
}

func fine(subject, format string, args ...any) Finding {
	return Finding{OK, subject, fmt.Sprintf(format, args...)}
}

func doubtful(subject, format string, args ...any) Finding {
	return Finding{Warning, subject, fmt.Sprintf(format, args...)}
}

func broken(subject, format string, args ...any) Finding {
	return Finding{Error, subject, fmt.Sprintf(format, args...)}
}

// Rehearsed is a Hooked provider whose hook can be tried with a message that changes nothing.
type Rehearsed interface {
	Hooked
	// Rehearsal returns such a message as the media service would send it.
	Rehearsal() (contentType, body string)
}
