package hub

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/internal/store"
	"github.com/claimcall/claimcall/protocol"
)

// Bounds on asking for records.
const (
	defaultRecords = 50
	maxRecords     = 200 // of a page
	maxWanted      = 512 // bytes of a text to choose by
	searchCost     = 5   // commands that a look through records costs, of those that one user has on one node
)

// RecordFilter chooses calls that are over. Zero fields choose all.
type RecordFilter struct {
	ClaimNo      string
	User         string // ID of a party, on whatever side
	Reason       string
	Text         string    // part of the claim number, a name, the note or, except for claimants, the notes
	From, Before time.Time // ended at From or later, and earlier than Before
	Limit        int       // at most 200; 0 means 50
	Cursor       string    // RecordPage.Next of another page
}

// RecordPage is a part of the calls that were chosen, the newest end first.
type RecordPage struct {
	Calls []protocol.Call `json:"calls"`
	Next  string          `json:"next,omitempty"` // Cursor of what follows; empty at the end
}

// Records returns calls that are over: a supervisor's all, and of everybody else those that they were a party of. Its
// errors are *protocol.Error.
func (h *Hub) Records(ctx context.Context, who Identity, f RecordFilter) (RecordPage, error) {
	wanted, bad := f.of(who)
	if bad != nil {
		return RecordPage{}, bad
	}
	if bad := h.charge(who, searchCost); bad != nil {
		return RecordPage{}, bad
	}
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	found, err := h.Store.Records(ctx, wanted)
	if err != nil {
		return RecordPage{}, wireError(err, call.Call{})
	}
	page := RecordPage{Calls: make([]protocol.Call, len(found.Calls)), Next: cursorOf(found.Next)}
	for i, c := range found.Calls {
		page.Calls[i] = h.recordView(c, who)
	}
	return page, nil
}

// Record returns a call, running or over, to a supervisor or to who is or was a party of it. Its errors are
// *protocol.Error.
func (h *Hub) Record(ctx context.Context, who Identity, id string) (protocol.Call, error) {
	if bad := h.charge(who, 1); bad != nil {
		return protocol.Call{}, bad
	}
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	c, err := h.Store.Call(ctx, id)
	switch {
	case err != nil:
		return protocol.Call{}, wireError(err, call.Call{})
	case who.Role != protocol.RoleSupervisor && !c.Has(userOf(who)):
		return protocol.Call{}, protocol.NewError(protocol.CodeNotYourCall)
	}
	return h.recordView(c, who), nil
}

// charge takes what an answer costs off the ration of a user.
func (h *Hub) charge(who Identity, cost int) *protocol.Error {
	if h.rations.of(userOf(who)).commands.AllowN(time.Now(), min(cost, h.Limits.Burst)) {
		return nil
	}
	return protocol.NewError(protocol.CodeRateLimited)
}

func userOf(who Identity) call.User { return call.User{Role: call.Role(who.Role), ID: who.User} }

// recordView returns a call as a party sees it; a supervisor sees it as the adjuster does, whoever that is.
func (h *Hub) recordView(c call.Call, who Identity) protocol.Call {
	if who.Role != protocol.RoleSupervisor {
		return h.view(c, userOf(who))
	}
	return h.whole(c, call.Adjuster)
}

// of returns the filter that a person may use, or what is wrong with it.
func (f RecordFilter) of(who Identity) (store.Filter, *protocol.Error) {
	wanted := store.Filter{
		Person: f.User, ClaimNo: f.ClaimNo, Reason: call.Reason(f.Reason), Text: f.Text, From: f.From, Before: f.Before,
		Limit: f.Limit,
	}
	if who.Role != protocol.RoleSupervisor {
		wanted.User = userOf(who)
	}
	var ok bool
	switch wanted.After, ok = parseCursor(f.Cursor); {
	case !ok:
		return wanted, protocol.BadData("cursor", "want what next was")
	case f.Limit < 0 || f.Limit > maxRecords:
		return wanted, protocol.BadData("limit", "want 1 to "+strconv.Itoa(maxRecords))
	case f.Limit == 0:
		wanted.Limit = defaultRecords
	}
	for _, text := range []string{f.ClaimNo, f.User, f.Reason, f.Text} {
		if len(text) > maxWanted {
			return wanted, protocol.BadData("claim_no, user, reason, q", "at most "+strconv.Itoa(maxWanted)+" bytes")
		}
	}
	return wanted, nil
}

// cursorOf writes a mark as one word; empty for none.
func cursorOf(m store.Mark) string {
	if m.IsZero() {
		return ""
	}
	return strconv.FormatInt(m.EndedAt.UnixMicro(), 36) + "." + m.ID
}

// parseCursor reads what cursorOf writes.
func parseCursor(text string) (store.Mark, bool) {
	if text == "" {
		return store.Mark{}, true
	}
	at, id, found := strings.Cut(text, ".")
	micros, err := strconv.ParseInt(at, 36, 64)
	ok := found && err == nil && id != "" && len(id) <= protocol.MaxCall
	return store.Mark{EndedAt: time.UnixMicro(micros).UTC(), ID: id}, ok
}
