package relay

import (
	"net"
	"net/http"
	"testing"
)

// roughConn is a network that loses one of so many of the large packets that come in, and has others come late.
type roughConn struct {
	net.PacketConn
	lose, delay int // one of how many; 0 for none

	count int
	late  datagram
	now   []datagram // what is read next
}

type datagram struct {
	data []byte
	from net.Addr
}

// ReadFrom is called by one goroutine.
func (c *roughConn) ReadFrom(b []byte) (int, net.Addr, error) {
	for len(c.now) == 0 {
		n, from, err := c.PacketConn.ReadFrom(b)
		if err != nil {
			return n, from, err
		}
		c.take(datagram{append([]byte(nil), b[:n]...), from})
	}
	d := c.now[0]
	c.now = c.now[1:]
	return copy(b, d.data), d.from, nil
}

func (c *roughConn) take(d datagram) {
	const media = 300 // bytes; smaller packets hold the connection together
	if len(d.data) < media {
		c.now = append(c.now, d)
		return
	}
	c.count++
	switch {
	case c.lose > 0 && c.count%c.lose == 0:
	case c.delay > 0 && c.count%c.delay == 0:
		c.late = d
	default:
		c.now = append(c.now, d)
		if c.late.data != nil && c.count%c.delay == 3 {
			c.now, c.late = append(c.now, c.late), datagram{}
		}
	}
}

func TestRoughNetworks(t *testing.T) {
	for name, rough := range map[string]*roughConn{
		"lost": {lose: 23}, "late": {delay: 7}, "both": {lose: 31, delay: 11},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serveWebOver(t, Config{Gate: openGate()}, func(conn net.PacketConn) net.PacketConn {
				rough.PacketConn = conn
				return rough
			})
			wantStatus(t, s.browser(t).publishes("/whip/s", makeClip(t, testPicture, "440")), http.StatusCreated)
			res, got := s.browser(t).plays("/whep/s")
			wantStatus(t, res, http.StatusCreated)
			decodesFilm(t, film(t, got.video, 60), 60)
		})
	}
}
