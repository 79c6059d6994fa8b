package protocol

import (
	"fmt"
	"math"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Validate checks the lengths. The token itself is checked by whoever verifies it.
func (h *Hello) Validate() *Error {
	return first(
		bytesAtMost("token", h.Token, MaxToken),
		optional("resume", h.Resume, MaxResume),
		optional("device", h.Device, MaxDevice),
		optional("lang", h.Lang, MaxLang),
		optional("client", h.Client, MaxClient),
	)
}

// Validate checks that there is a token of a sensible length.
func (t *TokenRefresh) Validate() *Error {
	return first(present("token", t.Token), bytesAtMost("token", t.Token, MaxToken))
}

// Validate checks lengths, required fields and the word for media.
func (r *CallRequest) Validate() *Error {
	return first(
		required("request_id", r.RequestID, MaxRequestID),
		required("claim_no", r.ClaimNo, MaxClaimNo),
		optional("queue", r.Queue, MaxQueue),
		skills(r.Skills),
		media(r.Media),
		atMost("note", r.Note, MaxNote),
	)
}

// Validate checks lengths and required fields.
func (i *CallInviteCommand) Validate() *Error {
	return first(
		required("user", i.User, MaxUser),
		required("claim_no", i.ClaimNo, MaxClaimNo),
	)
}

// Validate checks that a call is named.
func (r *CallRef) Validate() *Error { return required("call", r.Call, MaxCall) }

// Validate checks that a call is named, and the length of the reason.
func (r *CallReject) Validate() *Error {
	return first(required("call", r.Call, MaxCall), atMost("reason", r.Reason, MaxReason))
}

// Validate checks that a call is named and, for a failure, what failed: the same report again must not count against
// the next provider. A why of a later version is let through.
func (r *StreamsRefresh) Validate() *Error {
	fault := first(required("call", r.Call, MaxCall), optional("why", string(r.Why), MaxReason))
	switch {
	case fault != nil:
		return fault
	case r.Generation < 0:
		return BadData("generation", "must not be negative")
	case r.Generation == 0 && r.Why == WhyFailed:
		return BadData("generation", "is required with why failed")
	}
	return nil
}

// Validate checks that a call and a generation are named, and that every number is one that can be measured.
func (r *StreamsReport) Validate() *Error {
	return first(
		required("call", r.Call, MaxCall),
		within("generation", r.Generation, 1, math.MaxInt32),
		r.Push.validate("push"),
		r.Play.validate("play"),
	)
}

func (s *StreamStats) validate(field string) *Error {
	if s == nil {
		return nil
	}
	return first(
		within(field+".video_kbps", s.VideoKbps, 0, MaxKbps),
		within(field+".audio_kbps", s.AudioKbps, 0, MaxKbps),
		within(field+".fps", s.FPS, 0, MaxFPS),
		within(field+".level", s.Level, 0, MaxQualityLevel),
		within(field+".code", s.Code, -MaxStatsCode, MaxStatsCode),
	)
}

// Validate checks that the state is one that can be asked for.
func (a *AvailabilitySet) Validate() *Error {
	if a.State != AvailabilityAvailable && a.State != AvailabilityAway {
		return BadData("state", "want available or away")
	}
	return nil
}

// Validate checks that a call is named, and the text: it may have lines and tabs, and no other control characters.
func (n *CallNote) Validate() *Error {
	plain := strings.NewReplacer("\n", "", "\r", "", "\t", "").Replace(n.Text)
	if fault := first(required("call", n.Call, MaxCall), atMost("text", n.Text, MaxNotes)); fault != nil {
		return fault
	}
	return optional("text", plain, MaxNotes)
}

func within(field string, value, least, most int) *Error {
	if value < least || value > most {
		return BadData(field, fmt.Sprintf("want %d to %d", least, most))
	}
	return nil
}

func skills(list []string) *Error {
	if len(list) > MaxSkills {
		return BadData("skills", fmt.Sprintf("at most %d entries", MaxSkills))
	}
	for _, skill := range list {
		if fault := required("skills", skill, MaxSkill); fault != nil {
			return fault
		}
	}
	return nil
}

func media(m Media) *Error {
	if m != "" && m != MediaVideo && m != MediaAudio {
		return BadData("media", "want video or audio")
	}
	return nil
}

// required checks a name or number that has to be there.
func required(field, value string, limit int) *Error {
	return first(present(field, value), optional(field, value, limit))
}

// optional checks a name or number: one line, because it ends up in logs and lists.
func optional(field, value string, limit int) *Error {
	if strings.ContainsFunc(value, unicode.IsControl) {
		return BadData(field, "must not contain control characters")
	}
	return atMost(field, value, limit)
}

func present(field, value string) *Error {
	if strings.TrimSpace(value) == "" {
		return BadData(field, "is required")
	}
	return nil
}

// atMost checks free text, which may have several lines.
func atMost(field, value string, limit int) *Error {
	if len(value) > limit && utf8.RuneCountInString(value) > limit {
		return BadData(field, fmt.Sprintf("at most %d characters", limit))
	}
	return nil
}

func bytesAtMost(field, value string, limit int) *Error {
	if len(value) > limit {
		return BadData(field, fmt.Sprintf("at most %d bytes", limit))
	}
	return nil
}

// first returns the first fault there is.
func first(faults ...*Error) *Error {
	for _, fault := range faults {
		if fault != nil {
			return fault
		}
	}
	return nil
}
