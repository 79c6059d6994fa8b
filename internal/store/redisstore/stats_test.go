package redisstore

import (
	"regexp"
	"strconv"
	"testing"

	"github.com/redis/go-redis/v9"
)

// calls returns how often a server has run each command, those within scripts included.
func calls(t testing.TB, c *redis.Client) map[string]int {
	t.Helper()
	text, err := c.Info(t.Context(), "commandstats").Result()
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]int{}
	for _, m := range regexp.MustCompile(`cmdstat_([^:]+):calls=(\d+)`).FindAllStringSubmatch(text, -1) {
		counts[m[1]], _ = strconv.Atoi(m[2])
	}
	delete(counts, "info")
	return counts
}

// processed returns how many commands a server has run.
func processed(t testing.TB, c *redis.Client) (sum int) {
	t.Helper()
	for _, n := range calls(t, c) {
		sum += n
	}
	return sum
}

// echoes returns how many messages a server has published.
func echoes(t testing.TB, c *redis.Client) int {
	t.Helper()
	return calls(t, c)["publish"]
}
