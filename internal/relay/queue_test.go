package relay

import (
	"testing"

	"pgregory.net/rapid"
)

// The queue behaves like a slice whose bytes are counted.
func TestQueueLikeASlice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var q queue
		var model []packet
		t.Repeat(map[string]func(*rapid.T){
			"push": func(t *rapid.T) {
				p := audioFrame(int64(len(model)), rapid.IntRange(1, 50).Draw(t, "size"))
				q.push(p)
				model = append(model, p)
			},
			"pop": func(t *rapid.T) {
				if len(model) == 0 {
					t.Skip("empty")
				}
				if got := q.pop(); &got.tag[0] != &model[0].tag[0] {
					t.Fatal("not the oldest")
				}
				model = model[1:]
			},
			"": func(t *rapid.T) {
				bytes := 0
				for _, p := range model {
					bytes += len(p.tag)
				}
				if q.bytes != bytes || q.empty() != (len(model) == 0) {
					t.Fatalf("%d bytes, want %d", q.bytes, bytes)
				}
			},
		})
	})
}

func TestShed(t *testing.T) {
	var q queue
	for _, p := range []packet{videoConfig(1), keyFrame(0, 1), audioFrame(0, 1), audioConfig(1), videoConfig(2), interFrame(0, 1)} {
		q.push(p)
	}
	q.pop() // what is taken already does not come back
	q.shed(func(p packet) bool { return p.kind == kindAudio })
	if got := script(q.packets[q.head:]); got != "A S V" {
		t.Fatalf("got %q", got)
	}
}
