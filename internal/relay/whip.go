package relay

import (
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// The protocols by which browsers publish and play.
const (
	protocolWHIP = "whip"
	protocolWHEP = "whep"
)

const (
	typeSDP      = "application/sdp"
	typeFragment = "application/trickle-ice-sdpfrag"
	// whepPatience is how long the answer to a viewer waits for the publisher, at most.
	whepPatience = 10 * time.Second
	// turnValid is how long credentials for TURN hold.
	turnValid = 24 * time.Hour
)

// routeWebRTC mounts WHIP (RFC 9725) at /whip/{name} and WHEP (draft-ietf-wish-whep) at /whep/{name}. Sessions are one
// level below.
func (r *Relay) routeWebRTC(mux *http.ServeMux) {
	for _, e := range []endpoint{{r, Publish, protocolWHIP}, {r, Play, protocolWHEP}} {
		mux.HandleFunc("/"+e.protocol+"/{name}", e.serve)
		mux.HandleFunc("/"+e.protocol+"/{name}/{session}", e.serveSession)
	}
}

// endpoint is one of the two protocols, which differ in who sends.
type endpoint struct {
	*Relay
	action   Action
	protocol string
}

// share lets scripts of every page use the endpoint: the signature is what counts, and there are no cookies.
func share(h http.Header) {
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Expose-Headers", "Location, Link, ETag, Accept-Post, Accept-Patch, Retry-After")
	h.Set("Cache-Control", "no-store")
}

// allow answers what is no request for media: preflights, discovery, and methods that are not there.
func allow(w http.ResponseWriter, req *http.Request, methods string) {
	h := w.Header()
	h.Set("Allow", methods)
	switch req.Method {
	case http.MethodOptions:
		h.Set("Access-Control-Allow-Methods", methods)
		h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, If-Match")
		h.Set("Access-Control-Max-Age", "86400")
		w.WriteHeader(http.StatusNoContent)
	default:
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
	}
}

func (e endpoint) serve(w http.ResponseWriter, req *http.Request) {
	h := w.Header()
	share(h)
	h.Set("Accept-Post", typeSDP)
	name := req.PathValue("name")
	switch {
	case !validName(name):
		http.Error(w, "not found", http.StatusNotFound)
	case req.Method == http.MethodGet || req.Method == http.MethodHead:
		h.Set("Content-Type", typeSDP)
		w.WriteHeader(http.StatusNoContent)
	case req.Method != http.MethodPost:
		allow(w, req, "GET, HEAD, OPTIONS, POST")
	default:
		if text, ok := readText(w, req, typeSDP); ok {
			e.post(w, req, name, text)
		}
	}
}

// readText returns the body of a request, which has to be of that type, or answers what is wrong with it.
func readText(w http.ResponseWriter, req *http.Request, want string) (string, bool) {
	if got, _, err := mime.ParseMediaType(req.Header.Get("Content-Type")); err != nil || got != want {
		http.Error(w, "wanted "+want, http.StatusUnsupportedMediaType)
		return "", false
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, maxSDP))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		http.Error(w, "too large", http.StatusRequestEntityTooLarge)
		return "", false
	case err != nil:
		http.Error(w, "bad request", http.StatusBadRequest)
		return "", false
	}
	return string(body), true
}

// credentials are what signs the request: the query of the address, or the same text as a bearer token.
func credentials(req *http.Request) url.Values {
	if req.URL.RawQuery != "" {
		return req.URL.Query()
	}
	scheme, token, _ := strings.Cut(req.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return url.Values{}
	}
	values, _ := url.ParseQuery(strings.TrimPrefix(strings.TrimSpace(token), "?")) // what can't be read is not there
	return values
}

func (e endpoint) post(w http.ResponseWriter, req *http.Request, name, text string) {
	o, err := parseOffer(text, e.action)
	if err != nil {
		e.refuse(w, err)
		return
	}
	if err := e.enter(); err != nil {
		e.refuse(w, err)
		return
	}
	a := Attempt{Name: name, Action: e.action, Query: credentials(req), Protocol: e.protocol, Addr: req.RemoteAddr}
	s, err := e.admitHTTP(req.Context(), a)
	if err != nil {
		e.leave()
		e.refuse(w, err)
		return
	}
	n := e.newSession(a, s)
	letIn, running := n.knock(), false
	defer e.recoverHTTP()
	defer func() {
		if !running {
			letIn()
			n.release()
			e.leave()
		}
	}()
	answer, serve, err := e.open(w, req, n, o)
	if err != nil {
		e.outcome(a, err)
		e.refuse(w, err)
		return
	}
	running = true
	e.web.add(n)
	go n.run(letIn, serve)
	h := w.Header()
	h.Set("Content-Type", typeSDP)
	h.Set("Location", "/"+e.protocol+"/"+name+"/"+n.id)
	h.Set("ETag", n.etag)
	h.Set("Accept-Patch", typeFragment)
	for _, link := range e.web.links(time.Now()) {
		h.Add("Link", link)
	}
	w.WriteHeader(http.StatusCreated)
	_, _ = io.WriteString(w, answer)
}

// open prepares the session. It returns the answer to the offer, and what is to be done once the browser has connected.
func (e endpoint) open(w http.ResponseWriter, req *http.Request, n *session, o offer) (string, func(context.Context) error, error) {
	if e.action == Publish {
		return n.openPublish(req.Context(), o)
	}
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Time{}) // the server's own limits are for requests that need not wait
	_ = control.SetWriteDeadline(time.Time{})
	return n.openPlay(req.Context(), o)
}

// refuse answers why there is no session.
func (e endpoint) refuse(w http.ResponseWriter, why error) {
	status, text, again := http.StatusBadRequest, "bad request", ""
	switch {
	case errors.Is(why, errRefused):
		status, text = http.StatusForbidden, "forbidden"
	case errors.Is(why, errOffer):
		text = strings.TrimPrefix(why.Error(), "relay: ")
	case errors.Is(why, errNotForBrowsers):
		status, text = http.StatusNotAcceptable, strings.TrimPrefix(why.Error(), "relay: ")
	case errors.Is(why, errNoPublisher), ended(why):
		status, text, again = http.StatusConflict, "nobody is publishing this", "1"
	case errors.Is(why, errBusy):
		status, text, again = http.StatusConflict, "the name is being published already", "1"
	case errors.Is(why, errFull), errors.Is(why, errClosed), errors.Is(why, errEvicted), errors.Is(why, errNotConnected):
		status, text, again = http.StatusServiceUnavailable, "busy", "2"
	default:
		status, text = http.StatusInternalServerError, "internal"
	}
	if again != "" {
		w.Header().Set("Retry-After", again)
	}
	http.Error(w, text, status)
}

func (e endpoint) serveSession(w http.ResponseWriter, req *http.Request) {
	h := w.Header()
	share(h)
	h.Set("Accept-Patch", typeFragment)
	n := e.web.find(e.action, req.PathValue("name"), req.PathValue("session"))
	switch {
	case req.Method != http.MethodPatch && req.Method != http.MethodDelete:
		allow(w, req, "DELETE, OPTIONS, PATCH")
	case n == nil:
		http.Error(w, "not found", http.StatusNotFound)
	case req.Method == http.MethodDelete:
		n.cancel(errHungUp)
		w.WriteHeader(http.StatusOK)
	default:
		if text, ok := readText(w, req, typeFragment); ok {
			n.patch(w, req.Header.Get("If-Match"), text)
		}
	}
}

// patch answers late candidates, and forgets them. We never look for a way to a browser, it finds its way to us: there is no
// need for them, and kept they would fill the memory. Nor is there need to begin ICE anew with other credentials. Whose
// network has changed makes a new session.
func (n *session) patch(w http.ResponseWriter, match, text string) {
	f, err := parseFragment(text)
	switch {
	case match == "":
		http.Error(w, "If-Match is missing", http.StatusPreconditionRequired)
	case err != nil:
		http.Error(w, "not a fragment of SDP", http.StatusBadRequest)
	case f.ufrag != "" && f.ufrag != n.ufrag:
		http.Error(w, "ICE can't be restarted here: make a new session", http.StatusUnprocessableEntity)
	case match != n.etag && match != "*":
		http.Error(w, "another ETag", http.StatusPreconditionFailed)
	default:
		w.WriteHeader(http.StatusNoContent)
	}
}

// links are the ICE servers in the form of Link headers, with credentials that end by themselves.
func (w *webRTC) links(now time.Time) []string {
	var links []string
	for _, server := range w.ICEServers {
		link := fmt.Sprintf(`<%s>; rel="ice-server"`, server)
		if w.TURNSecret != "" && strings.HasPrefix(server, "turn") {
			user := strconv.FormatInt(now.Add(turnValid).Unix(), 10)
			mac := hmac.New(sha1.New, []byte(w.TURNSecret)) // what TURN servers expect
			mac.Write([]byte(user))
			link += fmt.Sprintf(`; username="%s"; credential="%s"; credential-type="password"`,
				user, base64.StdEncoding.EncodeToString(mac.Sum(nil)))
		}
		links = append(links, link)
	}
	return links
}
