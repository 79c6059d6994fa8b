package relay

import "sync"

// notifier calls the watcher: in order for each name, without making anyone wait.
type notifier struct {
	watcher Watcher
	wg      sync.WaitGroup

	mu sync.Mutex
	// pending has an entry for each name that a goroutine is working on.
	pending map[string][]bool
}

func newNotifier(w Watcher) *notifier {
	return &notifier{watcher: w, pending: map[string][]bool{}}
}

// tell queues one notice. The order of calls is the order of notices.
func (n *notifier) tell(name string, published bool) {
	if n.watcher == nil {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	queue, running := n.pending[name]
	n.pending[name] = append(queue, published)
	if !running {
		n.wg.Go(func() { n.work(name) })
	}
}

func (n *notifier) work(name string) {
	for {
		published, ok := n.next(name)
		switch {
		case !ok:
			return
		case published:
			n.watcher.Published(name)
		default:
			n.watcher.Unpublished(name)
		}
	}
}

func (n *notifier) next(name string) (published, ok bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	queue := n.pending[name]
	if len(queue) == 0 {
		delete(n.pending, name)
		return false, false
	}
	n.pending[name] = queue[1:]
	return queue[0], true
}
