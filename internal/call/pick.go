package call

import "slices"

// Pick chooses the adjuster for a waiting call from candidates who are free and serve its queue, longest idle
// first. It returns the index of the chosen one, or -1.
type Pick func(c Call, candidates []Presence) int

// LongestIdle is the standard Pick: the longest idle adjuster with the wanted skills. One whose ring for this
// call came to nothing before is taken only when there is no other.
func LongestIdle(c Call, candidates []Presence) int {
	again := -1
	for i, p := range candidates {
		switch {
		case !p.HasSkills(c.Skills):
		case !slices.Contains(c.Rung, p.User.ID):
			return i
		case again < 0:
			again = i
		}
	}
	return again
}
