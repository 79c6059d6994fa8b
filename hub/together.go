package hub

import (
	"errors"
	"fmt"
	"slices"
	"sync"
)

// together is how many users or calls a loop takes on at the same time.
const together = 16

// fewErrors is how many errors stand for all: without a store there would be one for each user of the node.
const fewErrors = 3

// forEach does the same for every item, several at a time, and returns the first few of what went wrong.
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
	errs = slices.DeleteFunc(errs, func(err error) bool { return err == nil })
	if more := len(errs) - fewErrors; more > 0 {
		errs = append(errs[:fewErrors], fmt.Errorf("hub: and %d more", more))
	}
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
