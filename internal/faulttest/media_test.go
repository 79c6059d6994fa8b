package faulttest

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
)

// startMedia stands for the control of a media server outside of the nodes, whose streams do not care which node lives.
// No picture flows in these tests: they look at which streams the parties have been given.
func startMedia(t testing.TB) string {
	media := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "0") }))
	t.Cleanup(media.Close)
	return media.URL
}
