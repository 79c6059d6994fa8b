package redisstore

import (
	_ "embed"

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

func newScripts() scripts {
	return scripts{
		commit:    redis.NewScript(commitLua),
		look:      redis.NewScript(lookLua),
		words:     redis.NewScript(wordsLua),
		positions: redis.NewScript(positionsLua),
		due:       redis.NewScript(timeLua + dueLua),
		keep:      redis.NewScript(timeLua + keepLua),
		live:      redis.NewScript(timeLua + liveLua),
		stranded:  redis.NewScript(timeLua + strandedLua),
	}
}
