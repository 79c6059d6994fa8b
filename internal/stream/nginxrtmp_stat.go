package stream

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/claimcall/claimcall/internal/call"
)

// maxStat bounds the page of rtmp_stat in bytes: about a kilobyte for each of nginx's connections.
const maxStat = 8 << 20

// errStat refuses a page that rtmp_stat does not write.
var errStat = errors.New("stream: nginx-rtmp: not a page of rtmp_stat")

// stat returns the numbers of the connections that publish, by the name of what they publish.
func (c control) stat(ctx context.Context) (map[string]string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+"/stat", nil)
	if err != nil {
		return nil, err
	}
	answer, err := c.client.Do(r)
	if err != nil {
		return nil, withoutURL(err)
	}
	defer answer.Body.Close()
	page, err := io.ReadAll(io.LimitReader(answer.Body, maxStat+1))
	switch {
	case err != nil:
		return nil, err
	case answer.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("status %d", answer.StatusCode)
	case len(page) > maxStat:
		return nil, fmt.Errorf("%w: larger than %d bytes", errStat, maxStat)
	}
	return parseStat(page)
}

// statPage is as much of the page as is wanted.
type statPage struct {
	XMLName      xml.Name `xml:"rtmp"`
	Applications []struct {
		Name    string `xml:"name"`
		Streams []struct {
			Name    string `xml:"name"`
			Clients []struct {
				ID         string    `xml:"id"`
				Publishing *struct{} `xml:"publishing"`
			} `xml:"client"`
		} `xml:"live>stream"`
	} `xml:"server>application"`
}

// parseStat reads the page. Names that are not ours are left out.
func parseStat(page []byte) (map[string]string, error) {
	var read statPage
	d := xml.NewDecoder(bytes.NewReader(printable(page)))
	if err := d.Decode(&read); err != nil {
		return nil, fmt.Errorf("%w: not the XML wanted", errStat) // the cause would quote what clients wrote
	}
	found := false
	publishing := map[string]string{}
	for _, application := range read.Applications {
		if application.Name != app {
			continue
		}
		found = true
		for _, stream := range application.Streams {
			if _, err := parseName(stream.Name); err != nil {
				continue
			}
			for _, client := range stream.Clients {
				if client.Publishing != nil {
					publishing[stream.Name] = client.ID
				}
			}
		}
	}
	if !found {
		return nil, fmt.Errorf("%w: no application %s", errStat, app)
	}
	return publishing, nil
}

// printable puts question marks in place of what XML does not allow. The page holds what clients said of themselves, and
// the module passes such bytes on: one client must not spoil the page for all.
func printable(page []byte) []byte {
	page = bytes.ToValidUTF8(page, []byte("?"))
	return bytes.Map(func(r rune) rune {
		if r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFE || r == 0xFFFF {
			return '?'
		}
		return r
	}, page)
}

// Live asks nginx what is being published.
func (n *NginxRTMP) Live(ctx context.Context) ([]call.StreamName, error) {
	publishing, err := n.control.stat(ctx)
	if err != nil {
		return nil, fmt.Errorf("stream: nginx-rtmp: live: %w", err)
	}
	names := make([]call.StreamName, 0, len(publishing))
	for text := range publishing {
		if name, err := parseName(text); err == nil {
			names = append(names, name)
		}
	}
	return names, nil
}

// Check looks whether nginx takes RTMP and answers at its control address.
func (n *NginxRTMP) Check(ctx context.Context) error {
	if _, err := n.control.stat(ctx); err != nil {
		return fmt.Errorf("stream: nginx-rtmp: check stat: %w", err)
	}
	if err := checkRTMP(ctx, n.internal); err != nil {
		return fmt.Errorf("stream: nginx-rtmp: check RTMP: %w", err)
	}
	return nil
}

// publisher returns the number of the connection that publishes the name.
func (n *NginxRTMP) publisher(ctx context.Context, name string) (string, error) {
	publishing, err := n.control.stat(ctx)
	return publishing[name], err
}
