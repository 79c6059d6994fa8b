// Package httpapi is everything that is reached by HTTP: the socket of the hub, the hooks of media servers, the streams
// of the relay, the pages and a small API on the public listener; health and profiles on the internal one.
//
// It knows nothing of calls. A socket is accepted here, made into a hub.Conn, and handed to the hub; ws.go is the only
// file that knows which WebSocket library does it.
//
// # Who may open a socket
//
// Nobody signs in by cookie, so a foreign page can't borrow a signed-in browser: every socket brings its own token, in
// the Authorization header or in hello. Still, the roles that work in the console may use a socket of a browser
// only from pages of this deployment: when an Origin is sent it must be the host of the request or one of the
// configured origins. A client that sends none is no browser and is let in with its token. Claimants are not asked:
// mini-programs send origins of all kinds.
package httpapi
