package httpapi

import (
	"context"
	"net"
	"net/http"
	"testing"
	"time"
)

// A viewer that reads nothing must be noticed before the kernel has taken seconds of a stream.
func TestTheKernelHoldsLittleForAClient(t *testing.T) {
	taken := make(chan int, 1)
	live := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(200 * time.Millisecond))
		total, chunk := 0, make([]byte, 32<<10)
		for {
			n, err := w.Write(chunk)
			if total += n; err != nil {
				taken <- total
				return
			}
		}
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- New(Config{Hub: fakeHub{}, Live: live}).Run(ctx, listener, nil) }()
	client, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	_ = client.(*net.TCPConn).SetReadBuffer(16 << 10)
	if _, err := client.Write([]byte("GET /live/x.flv HTTP/1.1\r\nHost: localhost\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	if n := <-taken; n > 1<<20 {
		t.Errorf("%d bytes were taken that nobody reads", n)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
