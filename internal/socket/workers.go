package socket

// workers are goroutines that handle what came. Those with nothing to do wait for more, up to some number: a fresh
// goroutine would have to grow its stack anew for each message.
type workers struct {
	work chan func()
	idle chan struct{} // holds one for each that waits
}

// maxIdle is how many goroutines wait for work at most. More than a node has cores are needed only while the store lets
// many wait.
const maxIdle = 64

func newWorkers() workers {
	return workers{make(chan func()), make(chan struct{}, maxIdle)}
}

// run has a goroutine do something: one that is there, or a new one. It does not wait.
func (w workers) run(do func()) {
	select {
	case w.work <- do:
	default:
		go w.serve(do)
	}
}

// serve does something, and then whatever else there is unless enough others wait for that.
func (w workers) serve(do func()) {
	for ok := true; ok; do, ok = w.next() {
		do()
	}
}

func (w workers) next() (do func(), ok bool) {
	select {
	case w.idle <- struct{}{}:
	default:
		return nil, false
	}
	do, ok = <-w.work
	<-w.idle
	return do, ok
}

// close ends the goroutines once they have nothing to do. Nothing may be run any more.
func (w workers) close() { close(w.work) }
