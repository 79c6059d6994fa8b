package redisstore

import (
	_ "embed"
	"strings"

	"github.com/redis/go-redis/v9"
)

// The scripts. What each takes and returns stands at its head.
var (
	//go:embed lua/time.lua
	timeLua string
	//go:embed lua/commit.lua
	commitLua string
	//go:embed lua/look.lua
	lookLua string
	//go:embed lua/words.lua
	wordsLua string
	//go:embed lua/positions.lua
	positionsLua string
	//go:embed lua/due.lua
	dueLua string
	//go:embed lua/keep.lua
	keepLua string
	//go:embed lua/live.lua
	liveLua string
	//go:embed lua/stranded.lua
	strandedLua string
)

// scripts knows the digest of each script. Redis forgets scripts when it restarts: they are sent again then.
type scripts struct {
	commit, look, words, positions, due, keep, live, stranded *redis.Script
}

// newScripts puts a text before each script: none, or what tests watch them with.
func newScripts(before string) scripts {
	script := func(parts ...string) *redis.Script { return redis.NewScript(before + strings.Join(parts, "")) }
	return scripts{
		commit:    script(timeLua, commitLua),
		look:      script(lookLua),
		words:     script(wordsLua),
		positions: script(positionsLua),
		due:       script(timeLua, dueLua),
		keep:      script(timeLua, keepLua),
		live:      script(timeLua, liveLua),
		stranded:  script(timeLua, strandedLua),
	}
}
