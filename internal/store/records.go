package store

import (
	"cmp"
	"context"
	"strings"
	"time"

	"github.com/claimcall/claimcall/internal/call"
)

// Filter chooses records. Zero fields choose all.
type Filter struct {
	User    call.User // a party
	Person  string    // ID of a party, on whatever side
	ClaimNo string
	Reason  call.Reason // of the end
	// Text is part of the claim number, of a name, of the note or, unless User is a claimant, of the adjuster's notes. Upper
	// and lower case are the same.
	Text   string
	From   time.Time // ended at or after
	Before time.Time // ended before
	After  Mark      // behind this record, as Page.Next says; zero for the beginning
	Limit  int       // 0 means 100
	Look   int       // at about so many records for a page; 0 means MaxLook
}

// Mark is where a record stands among all. Times count in whole microseconds.
type Mark struct {
	EndedAt time.Time
	ID      string
}

// Page is what Records found.
type Page struct {
	Calls []call.Call
	// Next is what leads to the following page; zero when there is none. No record that was there before the first page comes
	// twice or is left out.
	Next Mark
}

// Bounds of looking through records.
const (
	// MaxLook is about how many records are looked at for one page. What is not part of an order of its own, which is
	// Text, Reason, and a second party beside User, is found by looking: a page may end before its limit, and lead on.
	MaxLook = 2000

	defaultPage = 100
	lookAtOnce  = 500
)

// Stretch is what a store reads of its records at once.
type Stretch struct {
	Calls []call.Call
	End   Mark // of the last one that was looked at, whether or not it is among Calls
	More  bool // there may be others behind End
}

// Collect makes a page out of what read returns: the records behind a mark in their order, at most count, which are
// within the times and as near to the filter as the store has an order for.
func (f Filter) Collect(read func(after Mark, count int) (Stretch, error)) (Page, error) {
	limit := cmp.Or(max(f.Limit, 0), defaultPage)
	count := min(limit+1, lookAtOnce) // one more says whether there is another page
	page, at := Page{}, f.After
	for looked := 0; ; looked += count {
		s, err := read(at, count)
		if err != nil {
			return Page{}, err
		}
		for _, c := range s.Calls {
			switch {
			case !f.Chooses(c):
			case len(page.Calls) == limit:
				page.Next = MarkOf(page.Calls[limit-1])
				return page, nil
			default:
				page.Calls = append(page.Calls, c)
			}
		}
		if !s.More {
			return page, nil
		}
		if at = s.End; looked+count >= cmp.Or(max(f.Look, 0), MaxLook) {
			page.Next = at
			return page, nil
		}
	}
}

// Chooses reports whether c is what the filter wants, but for the times, After and Limit.
func (f Filter) Chooses(c call.Call) bool {
	return (f.User.Role == "" || c.User(f.User.Role) == f.User) &&
		(f.Person == "" || c.Claimant.User == f.Person || c.Adjuster.User == f.Person) &&
		(f.ClaimNo == "" || c.ClaimNo == f.ClaimNo) &&
		(f.Reason == "" || c.End.Reason == f.Reason) &&
		(f.Text == "" || f.reads(c))
}

// reads reports whether the text is part of what is written in c.
func (f Filter) reads(c call.Call) bool {
	written := []string{c.ClaimNo, c.Claimant.Name, c.Adjuster.Name, c.Note}
	if f.User.Role != call.Claimant {
		written = append(written, c.Notes)
	}
	wanted := strings.ToLower(f.Text)
	for _, text := range written {
		if strings.Contains(strings.ToLower(text), wanted) {
			return true
		}
	}
	return false
}

// MarkOf returns where an ended call stands.
func MarkOf(c call.Call) Mark { return Mark{c.EndedAt.Truncate(time.Microsecond), c.ID} }

// IsZero reports whether m stands for no record.
func (m Mark) IsZero() bool { return m == Mark{} }

// Compare orders marks as records are ordered.
func (m Mark) Compare(o Mark) int {
	return cmp.Or(cmp.Compare(o.EndedAt.UnixMicro(), m.EndedAt.UnixMicro()), cmp.Compare(m.ID, o.ID))
}

// AllRecords returns every record that f chooses, however many that are.
func AllRecords(ctx context.Context, s Store, f Filter) ([]call.Call, error) {
	var all []call.Call
	f.Limit = lookAtOnce
	for {
		page, err := s.Records(ctx, f)
		if err != nil {
			return nil, err
		}
		all = append(all, page.Calls...)
		if f.After = page.Next; page.Next.IsZero() {
			return all, nil
		}
	}
}
