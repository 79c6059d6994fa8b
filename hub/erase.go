package hub

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/internal/store"
	"github.com/claimcall/claimcall/protocol"
)

// Errors of Erase.
var (
	// ErrSubject says that it is not named what to erase: a claimant, an adjuster or a claim.
	ErrSubject = errors.New("hub: name a claimant, an adjuster or a claim to erase")
	// ErrInCall says that the person is in a call: end it first.
	ErrInCall = errors.New("hub: the person is in a call; end it first")
)

// Subject is what is to be erased: a person, or a claim.
type Subject struct {
	Role    protocol.Role // claimant or adjuster
	User    string
	ClaimNo string // without Role and User
}

// erased takes the place of somebody's id.
const erased = "erased"

// Receipt says what an erasure did. It holds nothing of what was erased: Subject is a SHA-256 of its name, such
// as "claimant:ID" or "claim:NO".
type Receipt struct {
	ID      string        `json:"id"` // also in the audit log
	At      protocol.Time `json:"at"`
	Subject string        `json:"subject"`
	// Removed is how many records were removed, and Changed from how many the person was taken out.
	Removed int `json:"removed"`
	Changed int `json:"changed"`
	// Events is how many were on their way to receivers.
	Events int `json:"events"`
	// SignedOut is whether the person was signed in until then.
	SignedOut bool `json:"signed_out"`
}

// Erase removes what is kept of a subject: the records of a claimant or about a claim with their events, and a person's
// sign-ins. Of an adjuster, whose records are about others, it takes out name and id. It can be repeated, and must be
// when it fails, or when a call about the claim was running. Receivers that have been told, logs, and backups are the operator's.
// The act is in the audit log.
func (h *Hub) Erase(ctx context.Context, actor string, s Subject) (Receipt, error) {
	name, f, err := s.filter()
	if err != nil {
		return Receipt{}, err
	}
	sum := sha256.Sum256([]byte(name))
	r := Receipt{ID: newID(), At: protocol.At(h.Store.Now()), Subject: hex.EncodeToString(sum[:])}
	if err := h.Audit(ctx, Act{Actor: actor, What: "erase", Target: "sha256:" + r.Subject, Detail: "receipt " + r.ID}); err != nil {
		return r, err
	}
	if s.User != "" {
		if r.SignedOut, err = h.signOutAll(ctx, f.User); err != nil {
			return r, fmt.Errorf("hub: erase: %w", err)
		}
	}
	records, err := store.AllRecords(ctx, h.Store, f)
	if err != nil {
		return r, fmt.Errorf("hub: erase: %w", err)
	}
	if s.Role == protocol.RoleAdjuster {
		records, err = h.withRung(ctx, records, s.User)
	}
	for _, c := range records {
		if err == nil {
			err = h.eraseCall(ctx, c, s, &r)
		}
	}
	if err != nil {
		return r, fmt.Errorf("hub: erase: %w", err)
	}
	return r, nil
}

// filter returns the name of a subject, and what chooses its records.
func (s Subject) filter() (name string, f store.Filter, err error) {
	person := s.Role == protocol.RoleClaimant || s.Role == protocol.RoleAdjuster
	switch {
	case person && s.User != "" && s.ClaimNo == "":
		u := call.User{Role: call.Role(s.Role), ID: s.User}
		return string(s.Role) + ":" + s.User, store.Filter{User: u}, nil
	case s.Role == "" && s.User == "" && s.ClaimNo != "":
		return "claim:" + s.ClaimNo, store.Filter{ClaimNo: s.ClaimNo}, nil
	}
	return "", f, ErrSubject
}

// signOutAll removes every session of a user, and reports whether there was any.
func (h *Hub) signOutAll(ctx context.Context, u call.User) (any bool, err error) {
	inCall := false
	_, _, err = h.updatePresence(ctx, u, func(p call.Presence) (call.Presence, bool) {
		inCall = p.Call != ""
		if inCall || p.Version == 0 {
			return p, false
		}
		any = any || len(p.Sessions) > 0
		for _, s := range p.Sessions {
			p = p.SignOut(s.ID)
		}
		return p, true
	})
	switch {
	case err == nil && inCall:
		return false, ErrInCall
	case err == nil && any:
		h.closeAll(u)
	}
	return any, err
}

// closeAll closes the sockets of a user on this node. Other nodes are told by the commit.
func (h *Hub) closeAll(u call.User) {
	for _, s := range h.socketsOf(u) {
		s.close(protocol.CloseRevoked)
	}
}

// withRung adds the records that name an adjuster who was not a party in the end. There is no order of these: all
// records are looked at.
func (h *Hub) withRung(ctx context.Context, found []call.Call, adjuster string) ([]call.Call, error) {
	all, err := store.AllRecords(ctx, h.Store, store.Filter{})
	for _, c := range all {
		if c.Adjuster.User != adjuster && names(c, adjuster) {
			found = append(found, c)
		}
	}
	return found, err
}

// names reports whether anything of a call names an adjuster.
func names(c call.Call, adjuster string) bool {
	return c.Adjuster.User == adjuster || slices.Contains(c.Rung, adjuster) ||
		slices.ContainsFunc(c.Declined, func(n call.No) bool { return n.User.Role == call.Adjuster && n.User.ID == adjuster }) ||
		slices.ContainsFunc(c.Timeline, func(m call.Moment) bool { return m.Adjuster == adjuster })
}

// eraseCall removes a record, or takes an adjuster out of it. The events about it that are on their way go too; those
// of a record that stays are written again, without the adjuster.
func (h *Hub) eraseCall(ctx context.Context, c call.Call, s Subject, r *Receipt) error {
	var next *call.Call
	err := h.retry(ctx, func() error {
		now, err := h.Store.Call(ctx, c.ID)
		if err != nil {
			return err
		}
		if s.Role == protocol.RoleAdjuster {
			without := blot(now, s.User)
			next = &without
		}
		return h.Store.Erase(ctx, now, next)
	})
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil // its time was over
	case err != nil:
		return err
	case next != nil:
		r.Changed++
	default:
		r.Removed++
	}
	return h.eraseEvents(ctx, c.ID, next, r)
}

func (h *Hub) eraseEvents(ctx context.Context, id string, next *call.Call, r *Receipt) error {
	for _, receiver := range h.Tell {
		n, err := h.Store.DropEvents(ctx, receiver.Name, id)
		if err != nil {
			return err
		}
		r.Events += n
		if n > 0 && next != nil {
			if err := h.Store.Commit(ctx, store.Commit{Events: h.eventsFor(receiver, *next, 0)}); err != nil {
				return err
			}
		}
	}
	return nil
}

// blot returns a call that does not name an adjuster any more.
func blot(c call.Call, adjuster string) call.Call {
	c = c.Clone()
	c.Version++
	if c.Adjuster.User == adjuster {
		c.Adjuster.User, c.Adjuster.Name = erased, ""
	}
	for i, id := range c.Rung {
		if id == adjuster {
			c.Rung[i] = erased
		}
	}
	c.Declined = slices.DeleteFunc(c.Declined, func(n call.No) bool { return n.User.Role == call.Adjuster && n.User.ID == adjuster })
	for i := range c.Timeline {
		if c.Timeline[i].Adjuster == adjuster {
			c.Timeline[i].Adjuster = erased
		}
	}
	return c
}
