package hub

import "sync"

// outbox is the bounded queue of frames of one socket. Its writing goroutine exists only while there is something to
// write. All methods may be called concurrently; none of them blocks, except wait.
type outbox struct {
	conn  Conn
	limit int // bytes

	mu      sync.Mutex
	frames  [][]byte
	bytes   int
	writing bool
	shutNow bool   // nothing is taken in or written any more
	last    func() // called once all is written; nothing is taken in any more
	writer  sync.WaitGroup
}

func (o *outbox) start(c Conn, limit int) { o.conn, o.limit = c, limit }

// put queues a frame, which must not be changed later. It returns false when the queue is full.
func (o *outbox) put(frame []byte) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.shutNow || o.last != nil {
		return true
	}
	if o.bytes+len(frame) > o.limit {
		return false
	}
	o.frames = append(o.frames, frame)
	o.bytes += len(frame)
	o.writeLocked()
	return true
}

// finish lets what is queued go out and then calls last. Frames put later are dropped.
func (o *outbox) finish(last func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.last == nil {
		o.last = last
		o.writeLocked()
	}
}

// shut drops what is queued, now and later.
func (o *outbox) shut() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.shutNow = true
	o.frames, o.bytes = nil, 0
}

// wait returns when nobody writes any more. Call it after shut or finish.
func (o *outbox) wait() { o.writer.Wait() }

func (o *outbox) writeLocked() {
	if !o.writing && !o.shutNow {
		o.writing = true
		o.writer.Go(o.write)
	}
}

func (o *outbox) write() {
	for {
		frame, last, ok := o.next()
		switch {
		case ok:
			if o.conn.Write(frame) != nil {
				o.shut() // the reader notices the end of the conn by itself
			}
		case last != nil:
			last()
			return
		default:
			return
		}
	}
}

// next takes the first frame off the queue. Without one, the writer's time is over.
func (o *outbox) next() (frame []byte, last func(), ok bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.frames) == 0 {
		o.writing = false
		o.frames = nil
		if !o.shutNow {
			last = o.last
		}
		return nil, last, false
	}
	frame = o.frames[0]
	o.frames = o.frames[1:]
	o.bytes -= len(frame)
	return frame, nil, true
}
