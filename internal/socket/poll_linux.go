package socket

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"syscall"
)

// poller waits for input of all sockets that wait, by an epoll of its own. That in turn is watched by the runtime, so that
// not even the poller holds a thread.
type poller struct {
	epoll   *os.File
	raw     syscall.RawConn // of epoll
	workers workers
	loop    sync.WaitGroup

	mu      sync.Mutex
	sockets []*waiting // by number, which is the descriptor
}

// newPoller returns nil if the system has none.
func newPoller() *poller {
	fd, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil
	}
	if err := syscall.SetNonblock(fd, true); err != nil { // or the runtime would not watch it
		_ = syscall.Close(fd)
		return nil
	}
	p := &poller{epoll: os.NewFile(uintptr(fd), "epoll"), workers: newWorkers()}
	if p.raw, err = p.epoll.SyscallConn(); err != nil {
		_ = p.epoll.Close()
		return nil
	}
	p.loop.Go(p.poll)
	return p
}

// close ends the poller. Whoever still waits goes on.
func (p *poller) close() {
	_ = p.epoll.Close()
	p.loop.Wait()
	for _, w := range p.all() {
		w.over()
	}
	p.workers.close()
}

// all returns the sockets that the poller knows.
func (p *poller) all() []*waiting {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(p.sockets), func(w *waiting) bool { return w == nil })
}

// wanted is what is waited for: once for each wait, and at once if it is there already.
const wanted = syscall.EPOLLIN | syscall.EPOLLRDHUP | syscall.EPOLLONESHOT

// watch tells of the next input of a socket. Its mutex is held.
func (p *poller) watch(w *waiting) error {
	var failed error
	err := w.raw.Control(func(fd uintptr) { // a descriptor that can't be closed, and become another's, meanwhile
		event := &syscall.EpollEvent{Events: wanted, Fd: int32(fd), Pad: int32(w.turn)}
		change := syscall.EPOLL_CTL_MOD
		if w.number == 0 {
			change = syscall.EPOLL_CTL_ADD
			p.know(w, int32(fd))
		}
		failed = p.control(change, int(fd), event)
	})
	return errors.Join(err, failed)
}

func (p *poller) control(change, fd int, event *syscall.EpollEvent) error {
	var failed error
	err := p.raw.Control(func(epoll uintptr) { failed = syscall.EpollCtl(int(epoll), change, fd, event) })
	if err = errors.Join(err, failed); err != nil {
		return fmt.Errorf("socket: epoll: %w", err)
	}
	return nil
}

// know notes which socket a descriptor belongs to. A closed one leaves epoll by itself.
func (p *poller) know(w *waiting, fd int32) {
	w.number = fd
	p.mu.Lock()
	defer p.mu.Unlock()
	if missing := int(fd) + 1 - len(p.sockets); missing > 0 {
		p.sockets = append(p.sockets, make([]*waiting, missing)...)
	}
	p.sockets[fd] = w
}

// forget frees what is kept of a socket. Its descriptor may be another's by now.
func (p *poller) forget(w *waiting) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.sockets[w.number] == w {
		p.sockets[w.number] = nil
	}
}

// poll passes on what epoll tells until it is closed.
func (p *poller) poll() {
	events := make([]syscall.EpollEvent, 128)
	for {
		n := 0
		err := p.raw.Read(func(epoll uintptr) bool {
			var err error
			n, err = syscall.EpollWait(int(epoll), events, 0)
			return n > 0 || err != nil && !errors.Is(err, syscall.EINTR)
		})
		if err != nil {
			return // closed
		}
		for _, event := range events[:max(n, 0)] {
			if w := p.of(event.Fd); w != nil {
				w.ready(uint32(event.Pad))
			}
		}
	}
}

func (p *poller) of(fd int32) *waiting {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.sockets[fd]
}

// run has a goroutine do something.
func (p *poller) run(do func()) { p.workers.run(do) }
