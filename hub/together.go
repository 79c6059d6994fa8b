package hub

import (
	"errors"
	"sync"
)

// together is how many users or calls a loop takes on at the same time.
const together = 16

// forEach does the same for every item, several at a time, and returns all that went wrong.
func forEach[T any](items []T, do func(T) error) error {
	errs := make([]error, len(items))
	slots := make(chan struct{}, together)
	var running sync.WaitGroup
	for i, item := range items {
		slots <- struct{}{}
		running.Go(func() {
			errs[i] = do(item)
			<-slots
		})
	}
	running.Wait()
	return errors.Join(errs...)
}

// meanwhile runs get beside whatever follows. The function that it returns waits for what came of it.
func meanwhile[T any](get func() (T, error)) func() (T, error) {
	var got T
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		got, err = get()
	}()
	return func() (T, error) {
		<-done
		return got, err
	}
}
