package stream

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// srsHook is one notification of SRS. Whoever is named in it is a client of SRS; what is behind "?" was written by it.
type srsHook struct {
	Action string `json:"action"`    // on_publish, on_play, on_unpublish, ...
	Client string `json:"client_id"` // the connection
	App    string `json:"app"`
	Stream string `json:"stream"`
	Param  string `json:"param"`

	args url.Values // Param, taken apart
}

// String is what may be logged: nothing that a client can make up, unless it is a name.
func (h srsHook) String() string { return nginxHook{name: h.Stream}.String() }

// readSRSHook reads the body of a request from SRS.
func readSRSHook(w http.ResponseWriter, r *http.Request) (srsHook, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxHook))
	if err != nil {
		return srsHook{}, fmt.Errorf("%w: body cannot be read", errHook)
	}
	return parseSRSHook(body)
}

func parseSRSHook(body []byte) (srsHook, error) {
	var h srsHook
	if repeats(body) {
		return srsHook{}, fmt.Errorf("%w: not one object, or a field comes twice", errHook)
	}
	if err := json.Unmarshal(body, &h); err != nil {
		return srsHook{}, fmt.Errorf("%w: body is no JSON of SRS", errHook) // the cause would quote the body
	}
	args, err := url.ParseQuery(strings.TrimPrefix(h.Param, "?")) // RTMP has the mark, WebRTC has not
	switch {
	case err != nil:
		return srsHook{}, fmt.Errorf("%w: param is no query", errHook)
	case h.Action == "":
		return srsHook{}, fmt.Errorf("%w: field action is missing", errHook)
	case len(h.Client) > maxName || !isPlain(h.Client):
		return srsHook{}, fmt.Errorf("%w: field client_id is missing or odd", errHook)
	case contradicts(args["stream"], h.Stream), contradicts(args["app"], h.App):
		return srsHook{}, fmt.Errorf("%w: param names another stream", errHook)
	}
	h.args = args
	return h, nil
}

// contradicts reports whether the address of a WebRTC client, which has the stream in its query, names another one.
func contradicts(named []string, want string) bool {
	for _, name := range named {
		if name != want {
			return true
		}
	}
	return false
}

// repeats reports whether body is anything but one JSON object, in which no field comes twice, whatever its case: a client
// that got past the quoting of SRS must not be able to write fields of its own.
func repeats(body []byte) bool {
	d := json.NewDecoder(bytes.NewReader(body))
	if begin, err := d.Token(); err != nil || begin != json.Delim('{') {
		return true
	}
	seen := map[string]bool{}
	for d.More() {
		key, err := d.Token()
		name, ok := key.(string)
		name = strings.ToLower(name)
		if err != nil || !ok || seen[name] {
			return true
		}
		seen[name] = true
		var value json.RawMessage
		if d.Decode(&value) != nil {
			return true
		}
	}
	if _, err := d.Token(); err != nil {
		return true
	}
	_, err := d.Token()
	return err != io.EOF
}
