package bench

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"
)

// pace begins a task every 1/rate seconds for a time, each when it is due and however long others take, on at most so
// many workers. A task is told when it was due: what it measures counts from there. The first error ends it all.
func pace(ctx context.Context, rate float64, length time.Duration, workers int,
	task func(ctx context.Context, i int, due time.Time) error,
) error {
	n := int(rate * length.Seconds())
	due := make(chan int, n) // so that the clock never waits for a worker
	begun := time.Now()
	at := func(i int) time.Time { return begun.Add(time.Duration(float64(i) / rate * float64(time.Second))) }
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		defer close(due)
		for i := range n {
			if err := sleepUntil(ctx, at(i)); err != nil {
				return err
			}
			due <- i
		}
		return nil
	})
	for range workers {
		group.Go(func() error {
			for i := range due {
				if err := task(ctx, i, at(i)); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return group.Wait()
}

// sleepUntil returns at a moment, or with ctx's error before it.
func sleepUntil(ctx context.Context, t time.Time) error {
	timer := time.NewTimer(time.Until(t))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// each does a task for every number below n, so many at a time. The first error ends it all.
func each(ctx context.Context, n, workers int, task func(ctx context.Context, i int) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(workers)
	for i := range n {
		if ctx.Err() != nil {
			break
		}
		group.Go(func() error { return task(ctx, i) })
	}
	return group.Wait()
}
