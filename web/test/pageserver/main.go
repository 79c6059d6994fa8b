// Command pageserver serves the pages without a hub, for tests that play the hub themselves. It
// prints its address, pretends to be a development server, and ends with its standard input.
package main

import (
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"

	"github.com/claimcall/claimcall/web"
)

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/", web.Handler())
	mux.HandleFunc("GET /api/v1/config", answer(`{"dev":true}`))
	mux.HandleFunc("POST /api/v1/login/dev", answer(`{"token":"from-dev-login"}`))
	fmt.Printf("http://%s\n", listener.Addr())
	go http.Serve(listener, mux)
	io.Copy(io.Discard, os.Stdin)
}

// answer returns a handler that always says the same.
func answer(json string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, json)
	}
}
