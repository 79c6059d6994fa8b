package sqlitestore

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/claimcall/claimcall/internal/store/storetest"
)

// kept names the ways in which a benchmark's store keeps what it gets.
func kept(b *testing.B, run func(b *testing.B, s *Store)) {
	for _, kind := range []string{"memory", "file", "file-sync"} {
		b.Run(kind, func(b *testing.B) {
			path := ""
			if kind != "memory" {
				path = filepath.Join(b.TempDir(), "calls.db")
			}
			run(b, opened(b, path, Options{Sync: kind == "file-sync"}))
		})
	}
}

// BenchmarkCommit changes a call and an adjuster's hold in one commit, with a message.
func BenchmarkCommit(b *testing.B) {
	kept(b, func(b *testing.B, s *Store) {
		for _, goroutines := range []int{1, 64} {
			b.Run(fmt.Sprint(goroutines), func(b *testing.B) { storetest.Commits(b, s, goroutines) })
		}
	})
}

// BenchmarkCall takes whole calls through the eight commits of their life, with the reads that go before each.
func BenchmarkCall(b *testing.B) {
	kept(b, func(b *testing.B, s *Store) { storetest.Calls(b, s, 64) })
}

// BenchmarkPositions asks for the position of one call among many.
func BenchmarkPositions(b *testing.B) {
	for _, n := range []int{10, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s := opened(b, "", Options{})
			for i := range n {
				c := waitingCall(fmt.Sprint("c", i), time.Unix(int64(i), 0))
				put(b, s, &c)
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := s.Positions(b.Context(), "q", "c7"); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkFree asks for the first free adjusters among many.
func BenchmarkFree(b *testing.B) {
	for _, n := range []int{10, 5_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s := opened(b, "", Options{})
			for i := range n {
				put(b, s, nil, freeAdjuster(fmt.Sprint("a", i), time.Unix(int64(i), 0)))
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := s.Free(b.Context(), "q", 0, 8); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
