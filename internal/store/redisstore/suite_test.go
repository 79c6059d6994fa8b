package redisstore

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"github.com/claimcall/claimcall/internal/store/storetest"
)

// handClock is a time that only the test moves.
type handClock struct{ now atomic.Int64 } // in nanoseconds since 1970

func newHandClock() *handClock {
	c := new(handClock)
	c.now.Store(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).UnixNano())
	return c
}

func (c *handClock) Now() time.Time          { return time.Unix(0, c.now.Load()) }
func (c *handClock) Advance(d time.Duration) { c.now.Add(int64(d)) }

// declaredOnly stands before a script and fails it when it touches a key that it was not told of.
const declaredOnly = `
local server, declared = redis, {}
for _, key in ipairs(KEYS) do declared[key] = true end
local redis = { call = function(command, key, ...)
  if command ~= 'TIME' and command ~= 'PUBLISH' and command ~= 'SPUBLISH' and not declared[key] then
    error('undeclared key ' .. tostring(key))
  end
  if key then return server.call(command, key, ...) end
  return server.call(command)
end }
`

// deployments returns deployments of two nodes, each with a prefix of its own on the server at url. The retention is
// long: keys expire by the server's clock, which the suite does not move.
func deployments(url string) func(*testing.T) storetest.Deployment {
	var count atomic.Int64
	return func(t *testing.T) storetest.Deployment {
		c := newHandClock()
		o := Options{Prefix: fmt.Sprint("suite-", count.Add(1)), now: c.Now}
		d := storetest.Deployment{A: opened(t, url, o), B: opened(t, url, o), Advance: c.Advance}
		d.A.(*Store).scripts = newScripts(declaredOnly)
		return d
	}
}

func TestSuiteOnServer(t *testing.T) {
	t.Parallel()
	storetest.Run(t, deployments(startServer(t).url()))
}

func TestSuiteOnCluster(t *testing.T) {
	t.Parallel()
	url := strings.Replace(startCluster(t).url(), "redis:", "redis+cluster:", 1)
	storetest.Run(t, deployments(url))
}

func TestSuiteOnMiniredis(t *testing.T) {
	t.Parallel()
	m := miniredis.RunT(t)
	storetest.Run(t, deployments("redis://"+m.Addr()))
}
