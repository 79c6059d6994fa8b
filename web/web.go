// Package web holds the pages and the SDK and serves them.
//
// There is no build step: what lies in the folders is what browsers get. Every page brings all it
// needs from this host and runs under a strict Content-Security-Policy.
package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"
)

//go:embed home sdk ui console claimant vendor
var files embed.FS

// Files returns what is served, by folder: home, sdk, ui, console, claimant and vendor.
func Files() fs.FS { return files }

// mounts says under which path each folder is served.
var mounts = []struct{ folder, path string }{
	{"home", "/"},
	{"sdk", "/sdk/"},
	{"ui", "/ui/"},
	{"console", "/console/"},
	{"claimant", "/call/"},
	{"vendor", "/vendor/"},
}

// asset is a file ready to be sent.
type asset struct {
	name string
	body []byte
	etag string
}

// Handler serves the pages at /, /console/ and /call/, and what they need at /ui/, /sdk/ and
// /vendor/. Folders are not listed. Embedded files carry no modification time, so each has an
// ETag of its content and is asked for again every time: a new version takes effect at once, and
// an unchanged file costs a 304.
func Handler() http.Handler {
	mux := http.NewServeMux()
	for _, mount := range mounts {
		if err := addFolder(mux, mount.folder, mount.path); err != nil {
			panic(fmt.Errorf("web: embedded files: %w", err)) // can't happen: they are in the binary
		}
	}
	return secured(mux)
}

// addFolder registers every file of folder below urlPath, and index.html as urlPath itself.
func addFolder(mux *http.ServeMux, folder, urlPath string) error {
	return fs.WalkDir(files, folder, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		body, err := files.ReadFile(name)
		if err != nil {
			return err
		}
		mux.Handle(pattern(urlPath, strings.TrimPrefix(name, folder+"/")), newAsset(name, body))
		return nil
	})
}

// pattern returns the pattern that matches one file and nothing below it. ServeMux redirects
// /console to /console/ by itself.
func pattern(urlPath, file string) string {
	if file == "index.html" {
		return urlPath + "{$}"
	}
	return urlPath + file
}

func newAsset(name string, body []byte) asset {
	sum := sha256.Sum256(body)
	return asset{
		name: name,
		body: body,
		etag: `"` + base64.RawURLEncoding.EncodeToString(sum[:16]) + `"`,
	}
}

// ServeHTTP sends the file, or 304 if the client has it.
func (a asset) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
		return
	}
	w.Header().Set("Content-Type", contentType(a.name))
	w.Header().Set("Cache-Control", "no-cache")
	w.Header().Set("ETag", a.etag)
	http.ServeContent(w, r, a.name, time.Time{}, bytes.NewReader(a.body))
}

// contentType names the types of our files. The system's table is not asked: on some machines it
// calls JavaScript text/plain, and browsers refuse such modules.
func contentType(name string) string {
	switch path.Ext(name) {
	case ".html":
		return "text/html; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".json":
		return "application/json"
	case ".svg":
		return "image/svg+xml"
	}
	return "text/plain; charset=utf-8"
}
