package relay

// queue holds packets in order. The zero value is ready.
type queue struct {
	packets []packet
	head    int
	bytes   int
}

func (q *queue) empty() bool { return q.head == len(q.packets) }

func (q *queue) push(p packet) {
	if q.head > 0 && len(q.packets) == cap(q.packets) {
		q.compact()
	}
	q.packets = append(q.packets, p)
	q.bytes += len(p.tag)
}

func (q *queue) pop() packet {
	p := q.packets[q.head]
	q.packets[q.head] = packet{} // let the media go
	q.head++
	q.bytes -= len(p.tag)
	if q.empty() {
		q.packets, q.head = q.packets[:0], 0
	}
	return p
}

func (q *queue) compact() {
	n := copy(q.packets, q.packets[q.head:])
	clear(q.packets[n:])
	q.packets, q.head = q.packets[:n], 0
}

// shed drops the frames that keep rejects. Of metadata and sequence headers
// the newest of each kind stays: what comes later can't be decoded without.
func (q *queue) shed(keep func(packet) bool) {
	newest := map[kind]int{}
	for i, p := range q.packets[q.head:] {
		if !p.frame() {
			newest[p.kind] = q.head + i
		}
	}
	kept := queue{packets: make([]packet, 0, len(q.packets)-q.head)}
	for i, p := range q.packets[q.head:] {
		if p.frame() && keep(p) || !p.frame() && newest[p.kind] == q.head+i {
			kept.push(p)
		}
	}
	*q = kept
}
