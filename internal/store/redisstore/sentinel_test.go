package redisstore

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// startSentinel starts a Sentinel that watches a master, as "main", and is quick to give it up.
func startSentinel(t testing.TB, master *server) *server {
	t.Helper()
	s := &server{t: t, dir: t.TempDir(), port: freePort(t)}
	file := filepath.Join(s.dir, "sentinel.conf")
	text := fmt.Sprintf("sentinel monitor main 127.0.0.1 %d 1\nsentinel down-after-milliseconds main 500\n"+
		"sentinel failover-timeout main 3000\n", master.port)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s.file, s.more = file, []string{"--sentinel"}
	s.start()
	t.Cleanup(s.kill)
	return s
}

// startReplica starts a replica of a master, and waits until it has what the master has.
func startReplica(t testing.TB, master *server) *server {
	t.Helper()
	r := startServer(t, "--replicaof", "127.0.0.1", fmt.Sprint(master.port), "--repl-diskless-sync-delay", "0")
	side := r.client()
	defer side.Close()
	eventually(t, "the replica is in step", func() bool {
		return strings.Contains(side.Info(t.Context(), "replication").Val(), "master_link_status:up")
	})
	return r
}

func TestSentinelNamesAnotherMaster(t *testing.T) {
	t.Parallel()
	for how, lose := range map[string]func(*server){"killed": (*server).kill, "frozen": (*server).freeze} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			master := startServer(t, "--repl-diskless-sync-delay", "0")
			replica := startReplica(t, master)
			sentinel := startSentinel(t, master)
			knowsReplica(t, sentinel, replica)
			s := opened(t, "redis+sentinel://"+sentinel.addr()+"/main", Options{})
			e := listens(t, s)
			li := freeAdjuster("li", s.Now())
			put(t, s, nil, li)
			arrived(t, replica, s.keys.documents())
			lose(master)
			isNotReady(t, s)
			lost := time.Now()
			e.resync()
			isReady(t, s)
			t.Logf("listening again %v after", time.Since(lost))
			li.Version++
			put(t, s, nil, li)
			reaches(s, e, li.User)
		})
	}
}

// knowsReplica waits until a Sentinel would promote the replica.
func knowsReplica(t testing.TB, sentinel, replica *server) {
	t.Helper()
	side := sentinel.client()
	defer side.Close()
	eventually(t, "the Sentinel knows the replica", func() bool {
		answer := fmt.Sprint(side.Do(t.Context(), "SENTINEL", "REPLICAS", "main").Val())
		return strings.Contains(answer, fmt.Sprint(replica.port)) && strings.Contains(answer, "master-link-status ok")
	})
}

// arrived waits until a server has a key.
func arrived(t testing.TB, r *server, key string) {
	t.Helper()
	side := r.client()
	defer side.Close()
	eventually(t, "the replica has "+key, func() bool { return side.Exists(t.Context(), key).Val() == 1 })
}
