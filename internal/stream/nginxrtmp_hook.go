package stream

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
)

// errHook refuses a body that the media service does not write.
var errHook = errors.New("stream: not a hook")

// maxHook bounds the body of a hook. The module's fields hold at most 255 bytes each, three times that when escaped.
const maxHook = 8 << 10

// nginxHook is one notification of the RTMP module.
type nginxHook struct {
	call   string // what happens: publish, play, publish_done, ...
	app    string
	name   string
	client string     // number of the connection, while this nginx runs
	args   url.Values // the whole body, with what the client wrote behind "?"
}

// String is what may be logged: nothing that a client can make up, unless it is a name.
func (h nginxHook) String() string {
	name, err := parseName(h.name)
	if err != nil {
		return "no stream"
	}
	return name.String()
}

// moduleFields are the fields that the module writes itself, over all kinds of hook.
func moduleFields() []string {
	return []string{
		"app", "flashver", "swfurl", "tcurl", "pageurl", "addr", "clientid", "epoch", "call",
		"name", "type", "start", "duration", "reset", "time", "timestamp", "recorder", "path",
	}
}

// readHook reads the body of a request from nginx.
//
// The module appends what the client wrote behind "?" to its own fields, unchecked and unescaped. A client may therefore
// add name=other or clientid=1 at the end. A body with a module field twice is refused, whichever of the two is true.
func readHook(w http.ResponseWriter, r *http.Request) (nginxHook, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxHook))
	if err != nil {
		return nginxHook{}, fmt.Errorf("%w: body cannot be read", errHook)
	}
	return parseHook(string(body))
}

func parseHook(body string) (nginxHook, error) {
	form, err := url.ParseQuery(body)
	if err != nil {
		return nginxHook{}, fmt.Errorf("%w: body is no form", errHook) // the cause would quote the body
	}
	for _, field := range moduleFields() {
		if len(form[field]) > 1 {
			return nginxHook{}, fmt.Errorf("%w: field %s comes twice", errHook, field)
		}
	}
	h := nginxHook{
		call:   form.Get("call"),
		app:    form.Get("app"),
		name:   form.Get("name"),
		client: form.Get("clientid"),
		args:   form,
	}
	if h.call == "" {
		return nginxHook{}, fmt.Errorf("%w: field call is missing", errHook)
	}
	return h, nil
}

// answerHook writes the answer: 200 to go on, 403 to refuse, 503 if it could not be decided.
func answerHook(w http.ResponseWriter, err error) {
	status, body := http.StatusOK, `{"code":0}`
	switch {
	case err == nil:
	case IsRefusal(err), errors.Is(err, errHook):
		status, body = http.StatusForbidden, `{"code":403}`
	default:
		status, body = http.StatusServiceUnavailable, `{"code":503}`
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}
