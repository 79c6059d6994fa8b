package relay

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/bluenviron/gortmplib/pkg/amf0"
	"github.com/bluenviron/gortmplib/pkg/handshake"
	"github.com/bluenviron/gortmplib/pkg/rawmessage"
)

var (
	errRemoteAddress = errors.New("relay: not an RTMP address of another server")
	errRemoteRefused = errors.New("relay: the other server refused")
)

// The commands of a client, by which their answers are told apart.
const (
	connectID = 1.0
	createID  = 2.0
	streamID  = 3.0
)

// rtmpTarget is an RTMP address, taken apart. key is the stream with its query: a secret.
type rtmpTarget struct {
	host, server, app, tcURL, key string
	encrypted                     bool
}

// parseTarget reads rtmp://HOST[:PORT]/app/name?query. Its errors quote nothing.
func parseTarget(address string) (rtmpTarget, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "rtmp" && u.Scheme != "rtmps" {
		return rtmpTarget{}, errRemoteAddress
	}
	app, key, ok := strings.Cut(strings.TrimPrefix(u.Path, "/"), "/")
	if !ok || app == "" || key == "" {
		return rtmpTarget{}, errRemoteAddress
	}
	t := rtmpTarget{
		host: u.Host, server: u.Hostname(), app: app, tcURL: u.Scheme + "://" + u.Host + "/" + app,
		key: key, encrypted: u.Scheme == "rtmps",
	}
	if u.RawQuery != "" {
		t.key += "?" + u.RawQuery
	}
	if u.Port() == "" {
		port := map[bool]string{false: "1935", true: "443"}[t.encrypted]
		t.host = net.JoinHostPort(u.Hostname(), port)
	}
	return t, nil
}

// rtmpClient is a connection to another RTMP server, where it has a media stream.
// As with every rtmpConn, what it holds of its peer is bounded.
type rtmpClient struct {
	*rtmpConn
	key string
	// wire is the number of the media stream as gortmplib wants it, bytes reversed.
	wire uint32
}

// dialRTMP connects to the server of address and opens a media stream there, within
// the time that a handshake may take. The connection ends with ctx; the caller closes it.
func (r *Relay) dialRTMP(ctx context.Context, address string) (*rtmpClient, error) {
	target, err := parseTarget(address)
	if err != nil {
		return nil, err
	}
	dialing, cancel := context.WithTimeout(ctx, r.limits.HandshakeTimeout)
	defer cancel()
	nc, err := target.dial(dialing)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errLost, err)
	}
	defer context.AfterFunc(dialing, func() { _ = nc.SetDeadline(time.Unix(1, 0)) })()
	c := &rtmpClient{rtmpConn: newRTMPConn(nc, r.limits.WriteTimeout), key: target.key}
	c.in.maxMessage = r.limits.MaxMessage
	if err := c.open(target); err != nil {
		_ = nc.Close()
		return nil, err
	}
	return c, nil
}

func (t rtmpTarget) dial(ctx context.Context) (net.Conn, error) {
	var d net.Dialer
	nc, err := d.DialContext(ctx, "tcp", t.host)
	if err != nil {
		return nil, err
	}
	tune(nc)
	if t.encrypted {
		return tls.Client(nc, &tls.Config{ServerName: t.server, MinVersion: tls.VersionTLS12}), nil
	}
	return nc, nil
}

// open takes a fresh connection to where publish and play can be said.
func (c *rtmpClient) open(t rtmpTarget) error {
	both := struct {
		io.Reader
		io.Writer
	}{c.in.r, c.nc}
	if _, _, err := handshake.DoClient(both, false, false); err != nil {
		return fmt.Errorf("%w: %w", errLost, err)
	}
	err := errors.Join(
		c.sendChunkSize(outChunkSize),
		c.sendCommand("connect", connectID, amf0.Object{
			{Key: "app", Value: t.app},
			{Key: "flashVer", Value: "LNX 9,0,124,2"},
			{Key: "tcUrl", Value: t.tcURL},
		}),
	)
	if err != nil {
		return fmt.Errorf("%w: %w", errLost, err)
	}
	if _, err := c.result(connectID); err != nil {
		return err
	}
	if err := c.sendCommand("createStream", createID, nil); err != nil {
		return fmt.Errorf("%w: %w", errLost, err)
	}
	created, err := c.result(createID)
	if err != nil {
		return err
	}
	const numberArg = 1
	number, ok := 0.0, false
	if len(created.args) > numberArg {
		number, ok = created.args[numberArg].(float64)
	}
	if !ok || number < 0 || number > 1<<31 {
		return fmt.Errorf("%w: createStream", errCommand)
	}
	c.wire = bits.ReverseBytes32(uint32(number))
	return nil
}

// result waits for the answer to a command. What comes before it is of no interest.
func (c *rtmpClient) result(id float64) (command, error) {
	for {
		m, err := c.read()
		if err != nil {
			return command{}, fmt.Errorf("%w: %w", errLost, err)
		}
		cmd, ok := decodeCommand(m)
		switch {
		case !ok || cmd.id != id:
		case cmd.name == "_result":
			return cmd, nil
		case cmd.name == "_error":
			return command{}, errRemoteRefused
		}
	}
}

// play asks for the stream; media follows when there is some.
func (c *rtmpClient) play() error {
	return c.sendAMF(chunkStatus, c.wire, amf0.Data{"play", streamID, nil, c.key})
}

// publish asks to publish the stream and waits for the yes.
func (c *rtmpClient) publish(limit time.Duration) error {
	err := errors.Join(
		c.nc.SetReadDeadline(time.Now().Add(limit)),
		c.sendAMF(chunkStatus, c.wire, amf0.Data{"publish", streamID, nil, c.key, "live"}),
	)
	for err == nil {
		var m rtmpMessage
		if m, err = c.read(); err == nil {
			switch news := readStatus(m); {
			case news.code == "NetStream.Publish.Start":
				return c.nc.SetReadDeadline(time.Time{})
			case news.failed():
				return errRemoteRefused
			}
		}
	}
	return fmt.Errorf("%w: %w", errLost, err)
}

// goodbye ends the media stream as far as the connection still takes it.
func (c *rtmpClient) goodbye() {
	const end = 4.0
	_ = c.sendCommand("deleteStream", end, nil, float64(bits.ReverseBytes32(c.wire)))
}

// news is what an onStatus of a server says.
type news struct{ level, code string }

// readStatus returns the zero news for what is no onStatus.
func readStatus(m rtmpMessage) news {
	cmd, ok := decodeCommand(m)
	const infoArg = 1
	if !ok || cmd.name != "onStatus" || len(cmd.args) <= infoArg {
		return news{}
	}
	fields, ok := amfObject(cmd.args[infoArg])
	if !ok {
		return news{}
	}
	level, _ := fields.GetString("level")
	code, _ := fields.GetString("code")
	return news{level: level, code: code}
}

func (n news) failed() bool { return n.level == "error" }

// over reports whether the publisher of a stream that is played has left.
func (n news) over() bool {
	switch n.code {
	case "NetStream.Play.UnpublishNotify", "NetStream.Play.Stop", "NetStream.Play.Complete":
		return true
	}
	return false
}

// rtmpOut writes packets to a server as their publisher.
type rtmpOut struct{ client *rtmpClient }

func (o rtmpOut) write(_ context.Context, p packet, ms uint32) error {
	m := &rawmessage.Message{
		ChunkStreamID:   chunkOf(p.kind),
		Timestamp:       time.Duration(ms) * time.Millisecond,
		Type:            byte(p.kind),
		MessageStreamID: o.client.wire,
		Body:            p.body(),
	}
	if p.kind == kindData {
		m.Body = append([]byte(amfSetDataFrame), m.Body...)
	}
	return o.client.send(m)
}
