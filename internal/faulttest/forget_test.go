package faulttest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestRedisForgets kills Redis and has it come back without the last that it told everybody is done. Its file ends in the
// middle of a commit. Who was told of what is forgotten now is brought back to what is not.
func TestRedisForgets(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for _, p := range o.everybody() {
		p.keepsComingBack(o.cluster, "a", "b")
	}
	end := o.redis.endOfFile(t)
	o.moveOn()
	o.redis.endOfFile(t)
	o.redis.kill()
	const some = 40 // bytes: less than the first command after the end
	if err := os.Truncate(o.redis.file(t), end+some); err != nil {
		t.Fatal(err)
	}
	o.redis.start(t)
	o.ready(healedWithin)
	o.isWhole()
}

// file returns the append-only file that the server writes to.
func (r *redisServer) file(t testing.TB) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(r.dir, "appendonlydir", "*.incr.aof"))
	if err != nil || len(files) != 1 {
		t.Fatalf("append-only files: %q (%v), want one", files, err)
	}
	return files[0]
}

// endOfFile waits until everything is in the append-only file, and returns the size of that.
func (r *redisServer) endOfFile(t testing.TB) int64 {
	t.Helper()
	within(t, patience, "everything is in the file", func() bool {
		return strings.Contains(r.answer("INFO persistence"), "aof_buffer_length:0\r\n")
	})
	info, err := os.Stat(r.file(t))
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}
