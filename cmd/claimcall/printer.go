package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/claimcall/claimcall/protocol"
)

// printer writes events, one JSON object a line. Its methods may be called concurrently.
type printer struct {
	showURLs bool

	mu  sync.Mutex
	out io.Writer
}

// print writes an event or answer as it came, without its secrets.
func (p *printer) print(e protocol.Envelope) {
	var data any
	decoder := json.NewDecoder(bytes.NewReader(e.Data))
	decoder.UseNumber() // numbers stay as they were written
	if err := decoder.Decode(&data); err != nil {
		data = nil
	}
	p.redact(data)
	line, err := protocol.Encode(e.Type, e.ID, data)
	if err != nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	fmt.Fprintf(p.out, "%s\n", line)
}

// note writes a remark for people.
func (p *printer) note(w io.Writer, text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	fmt.Fprintf(w, "claimcall: %s\n", text)
}

// redact cuts, in place, the signatures off the URLs in v, and takes out what resumes a session.
func (p *printer) redact(v any) {
	switch v := v.(type) {
	case []any:
		for _, each := range v {
			p.redact(each)
		}
	case map[string]any:
		for key, each := range v {
			text, isText := each.(string)
			switch {
			case isText && key == "resume":
				v[key] = "[secret]"
			case isText && key == "url" && !p.showURLs:
				v[key] = withoutQuery(text)
			default:
				p.redact(each)
			}
		}
	}
}

// withoutQuery cuts what is behind the first "?" of a URL.
func withoutQuery(url string) string {
	if base, _, found := strings.Cut(url, "?"); found {
		return base + "?[secret]"
	}
	return url
}
