package stream

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"
)

// network is how a Doctor looks at the world. Tests put their own functions in.
type network struct {
	resolve func(ctx context.Context, host string) ([]string, error)
	dial    func(ctx context.Context, network, address string) (net.Conn, error)
	roots   *tls.Config // nil is the system's
}

// lookLimit bounds each look at one address.
const lookLimit = 5 * time.Second

func newNetwork() network {
	return network{resolve: net.DefaultResolver.LookupHost, dial: (&net.Dialer{}).DialContext}
}

// handshakeSize is the size of the random part of RTMP's handshake, both ways.
const handshakeSize = 1536

// rtmp tries whether an RTMP server answers at HOST:PORT, by the first half of the handshake.
func (n network) rtmp(ctx context.Context, address string) error {
	conn, err := n.connect(ctx, address)
	if err != nil {
		return err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	hello := make([]byte, 1+handshakeSize)
	hello[0] = 3 // version
	if _, err := conn.Write(hello); err != nil {
		return err
	}
	if _, err := io.ReadFull(conn, hello); err != nil {
		return errors.New("it takes connections, but does not answer as RTMP servers do")
	}
	if hello[0] != 3 {
		return errors.New("it answers, but not with RTMP")
	}
	return nil
}

// tls tries whether HOST has HTTPS with a certificate that browsers accept.
func (n network) tls(ctx context.Context, host string) error {
	conn, err := n.overTLS(host).connect(ctx, net.JoinHostPort(host, "443"))
	if err != nil {
		return err
	}
	return conn.Close()
}

// connect opens a connection that lasts no longer than lookLimit.
func (n network) connect(ctx context.Context, address string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, lookLimit)
	defer cancel()
	conn, err := n.dial(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	if err := conn.SetDeadline(time.Now().Add(lookLimit)); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return conn, nil
}

// get tries whether a web server answers, and returns the status.
func (n network) get(ctx context.Context, address string) (status int, err error) {
	ctx, cancel := context.WithTimeout(ctx, lookLimit)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return 0, err
	}
	client := http.Client{
		Transport:     &http.Transport{DialContext: n.dial, TLSClientConfig: n.roots, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	answer, err := client.Do(r)
	if err != nil {
		return 0, withoutURL(err)
	}
	return answer.StatusCode, answer.Body.Close()
}

// lookAtRTMP tells whether an RTMP server answers at a base address. Setting is what the address comes from.
func (n network) lookAtRTMP(ctx context.Context, setting, base string) Finding {
	u, err := url.Parse(base)
	if err != nil {
		return broken(setting, "%s is no address.", base)
	}
	look, address := n.toRTMP(u)
	err = look.rtmp(ctx, address)
	var untrusted *tls.CertificateVerificationError
	switch {
	case errors.As(err, &untrusted):
		return broken(setting, "The certificate at %s is not accepted: %s. Phones refuse it too.", base, untrusted.Err)
	case err != nil:
		return broken(setting, "No RTMP server answers at %s: %s. Is it running, is the address right, does a firewall close the port?", base, reason(err))
	}
	return fine(setting, "RTMP answers at %s.", base)
}

// toRTMP is how the server of an RTMP address is reached, and HOST:PORT.
func (n network) toRTMP(u *url.URL) (look network, address string) {
	port := "1935"
	if u.Scheme == "rtmps" {
		port, n = "443", n.overTLS(u.Hostname())
	}
	if u.Port() != "" {
		port = u.Port()
	}
	return n, net.JoinHostPort(u.Hostname(), port)
}

// overTLS is the same network with TLS to that host on all connections.
func (n network) overTLS(host string) network {
	with := n.roots.Clone()
	if with == nil {
		with = &tls.Config{}
	}
	with.ServerName = host
	plain := n.dial
	n.dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := plain(ctx, network, address)
		if err != nil {
			return nil, err
		}
		secure := tls.Client(conn, with)
		if err := secure.HandshakeContext(ctx); err != nil {
			return nil, errors.Join(err, conn.Close())
		}
		return secure, nil
	}
	return n
}

// lookAtDomain tells whether a domain has an address.
func (n network) lookAtDomain(ctx context.Context, setting, host, advice string) Finding {
	ctx, cancel := context.WithTimeout(ctx, lookLimit)
	defer cancel()
	if addresses, err := n.resolve(ctx, host); err != nil || len(addresses) == 0 {
		return broken(setting, "The domain %s has no address. %s", host, advice)
	}
	return fine(setting, "The domain %s has an address.", host)
}

// reason is the end of a chain of errors of package net: what happened, without where.
func reason(err error) string {
	var op *net.OpError
	if errors.As(err, &op) {
		err = op.Err
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Sprintf("no answer within %s", lookLimit)
	}
	return err.Error()
}
