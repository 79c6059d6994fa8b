package relay

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/bluenviron/gortmplib/pkg/amf0"
)

var errCommand = errors.New("relay: unusable RTMP command")

// command is a decoded RTMP command.
type command struct {
	name string
	// id ties an answer to it.
	id float64
	// args are what follows name and id.
	args []any
}

// decodeCommand reports false for what is not a command that can be read.
func decodeCommand(m rtmpMessage) (command, bool) {
	if m.kind != msgCommandAMF0 || len(m.body) > maxCommand {
		return command{}, false
	}
	values, err := amf0.Unmarshal(m.body)
	if err != nil || len(values) < 2 {
		return command{}, false
	}
	name, ok := values[0].(string)
	id, isNumber := values[1].(float64)
	return command{name: name, id: id, args: values[2:]}, ok && isNumber
}

// text returns argument i if it is a string.
func (c command) text(i int) (string, bool) {
	if i >= len(c.args) {
		return "", false
	}
	s, ok := c.args[i].(string)
	return s, ok
}

// ends reports whether c closes the media stream.
func (c command) ends() bool {
	switch c.name {
	case "FCUnpublish", "deleteStream", "closeStream":
		return true
	}
	return false
}

// negotiate answers the peer's commands until it names a stream to publish or
// play, which is left to the caller to answer.
func (c *rtmpConn) negotiate(app string) (Attempt, error) {
	var place connectPlace
	for {
		m, err := c.read()
		if err != nil {
			return Attempt{}, err
		}
		cmd, ok := decodeCommand(m)
		if !ok {
			continue
		}
		switch cmd.name {
		case "connect":
			place, err = c.answerConnect(cmd, app)
		case "createStream":
			err = c.sendCommand("_result", cmd.id, nil, float64(mediaStreamID))
		case "publish":
			return place.attempt(Publish, cmd)
		case "play":
			return place.attempt(Play, cmd)
		}
		if err != nil {
			return Attempt{}, err
		}
	}
}

func (c *rtmpConn) answerConnect(cmd command, app string) (connectPlace, error) {
	place, ok := readConnect(cmd)
	if !ok {
		return place, fmt.Errorf("%w: connect", errCommand)
	}
	if place.app != app {
		refusal := status("error", "NetConnection.Connect.InvalidApp", "no such application")
		return place, errors.Join(fmt.Errorf("%w: other application", errCommand),
			c.sendCommand("_error", cmd.id, nil, refusal))
	}
	window := binary.BigEndian.AppendUint32(nil, windowSize)
	const dynamic = 2
	return place, errors.Join(
		c.sendControl(msgWindowAckSize, window),
		c.sendControl(msgPeerBandwidth, append(window, dynamic)),
		c.sendChunkSize(outChunkSize),
		c.sendCommand("_result", cmd.id, connectProperties(), connectSuccess()),
	)
}

func connectProperties() amf0.Object {
	return amf0.Object{
		{Key: "fmsVer", Value: "FMS/3,0,1,123"},
		{Key: "capabilities", Value: 31.0},
	}
}

func connectSuccess() amf0.Object {
	return append(status("status", "NetConnection.Connect.Success", "connected"),
		amf0.ObjectEntry{Key: "objectEncoding", Value: 0.0})
}

// connectPlace is what connect says of the address.
type connectPlace struct {
	app string
	// query is what stood behind app, or else behind tcUrl.
	query string
}

func readConnect(cmd command) (connectPlace, bool) {
	if len(cmd.args) == 0 {
		return connectPlace{}, false
	}
	fields, ok := amfObject(cmd.args[0])
	if !ok {
		return connectPlace{}, false
	}
	app, ok := fields.GetString("app")
	if !ok {
		return connectPlace{}, false
	}
	app, query, _ := strings.Cut(app, "?")
	if query == "" {
		tcURL, _ := fields.GetString("tcUrl")
		_, query, _ = strings.Cut(tcURL, "?")
	}
	return connectPlace{app: strings.Trim(app, "/"), query: query}, true
}

// attempt reads the stream name of publish and play. A query behind the name
// wins over one behind the application; the two are never mixed.
func (p connectPlace) attempt(action Action, cmd command) (Attempt, error) {
	const nameArg = 1
	key, ok := cmd.text(nameArg)
	if !ok {
		return Attempt{}, fmt.Errorf("%w: no stream name", errCommand)
	}
	name, raw, hasQuery := strings.Cut(key, "?")
	if !hasQuery {
		raw = p.query
	}
	query, err := url.ParseQuery(raw)
	if err != nil { // its text would repeat the query
		return Attempt{}, fmt.Errorf("%w: query", errCommand)
	}
	return Attempt{Name: name, Action: action, Query: query, Protocol: protocolRTMP}, nil
}
