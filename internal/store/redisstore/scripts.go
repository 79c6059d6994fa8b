package redisstore

import (
	"context"
	"crypto/sha1" // what Redis takes
	_ "embed"
	"fmt"
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
	//go:embed lua/queued.lua
	queuedLua string
	//go:embed lua/amend.lua
	amendLua string
	//go:embed lua/audit.lua
	auditLua string
	//go:embed lua/rewrite.lua
	rewriteLua string
	//go:embed lua/take.lua
	takeLua string
	//go:embed lua/told.lua
	toldLua string
	//go:embed lua/failed.lua
	failedLua string
	//go:embed lua/drop.lua
	dropLua string
	//go:embed lua/revoke.lua
	revokeLua string
	//go:embed lua/spend.lua
	spendLua string
)

// script is a script with the digest by which Redis knows it.
type script struct{ text, digest string }

// scripts are sent as their digests. Redis forgets scripts when it restarts: their texts are sent again then.
type scripts struct {
	commit, look, words, positions, due, keep, live, stranded, revoke, spend, queued, amend script
	take, told, failed, drop, audit, rewrite                                                script
}

// newScripts puts a text before each script: none, or what tests watch them with.
func newScripts(before string) scripts {
	script := func(parts ...string) script {
		text := before + strings.Join(parts, "")
		return script{text, fmt.Sprintf("%x", sha1.Sum([]byte(text)))}
	}
	return scripts{
		commit:    script(timeLua, commitLua),
		look:      script(lookLua),
		words:     script(wordsLua),
		positions: script(positionsLua),
		due:       script(timeLua, dueLua),
		keep:      script(timeLua, keepLua),
		live:      script(timeLua, liveLua),
		stranded:  script(timeLua, strandedLua),
		queued:    script(queuedLua),
		amend:     script(amendLua),
		take:      script(timeLua, takeLua),
		told:      script(timeLua, toldLua),
		failed:    script(failedLua),
		drop:      script(dropLua),
		audit:     script(auditLua),
		rewrite:   script(rewriteLua),
		revoke:    script(timeLua, revokeLua),
		spend:     script(timeLua, spendLua),
	}
}

// run is the one way to Redis for scripts: one round trip, and another one when Redis does not know the script yet.
func (s *Store) run(ctx context.Context, sc script, keys []string, args ...any) *redis.Cmd {
	cmd := scriptCommand(ctx, "EVALSHA", sc.digest, keys, args)
	err := s.trips.do(ctx, cmd)
	if redis.HasErrorPrefix(err, "NOSCRIPT") {
		cmd = scriptCommand(ctx, "EVAL", sc.text, keys, args)
		err = s.trips.do(ctx, cmd)
	}
	if err != nil {
		cmd = redis.NewCmd(ctx) // the other one may still be on its way
		cmd.SetErr(err)
	}
	return cmd
}

func scriptCommand(ctx context.Context, command, script string, keys []string, args []any) *redis.Cmd {
	all := make([]any, 0, 3+len(keys)+len(args))
	all = append(all, command, script, len(keys))
	for _, key := range keys {
		all = append(all, key)
	}
	return redis.NewCmd(ctx, append(all, args...)...)
}

// pointers has the library write texts without a copy of each: an any of a pointer takes no memory.
func pointers(texts []string) []any {
	all := make([]any, len(texts))
	for i := range texts {
		all[i] = &texts[i]
	}
	return all
}
