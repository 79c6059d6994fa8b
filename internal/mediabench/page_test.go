package mediabench

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"
)

// job is what a page is to do next. It goes on publishing until its next job.
type job struct {
	Push string `json:"push,omitempty"`
	Play string `json:"play,omitempty"`
	// WarmUp and Watching are in ms.
	WarmUp   int64 `json:"warm_up"`
	Watching int64 `json:"watching"`
}

// done is what came of a job.
type done struct {
	Error  string
	First  int64  // ms from the job to the first picture whose clock can be read
	Delays delays // of the pictures that were watched
}

// page is a Chromium that publishes and plays the clock with the product's SDK. It does one job at a time.
type page struct {
	t    *testing.T
	jobs chan job
	done chan done
}

// openPage starts a browser at testdata/page.html.
func openPage(t *testing.T) *page {
	t.Helper()
	p := &page{t, make(chan job), make(chan done, 1)}
	mux := http.NewServeMux()
	mux.Handle("/sdk/", http.FileServerFS(os.DirFS("../../web")))
	mux.Handle("/", http.FileServerFS(os.DirFS("testdata")))
	mux.HandleFunc("GET /job", p.next)
	mux.HandleFunc("POST /done", p.took)
	site := httptest.NewServer(mux)
	t.Cleanup(site.Close)
	profile, err := os.MkdirTemp("", "clock")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("/usr/bin/chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync",
		"--autoplay-policy=no-user-gesture-required", "--user-data-dir="+profile, site.URL+"/page.html")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM) // so that it ends its children
		_ = cmd.Wait()
		_ = os.RemoveAll(profile) // where a child may write to the end
	})
	return p
}

// next gives the page its next job, when there is one.
func (p *page) next(w http.ResponseWriter, req *http.Request) {
	select {
	case next := <-p.jobs:
		_ = json.NewEncoder(w).Encode(next)
	case <-req.Context().Done():
	}
}

func (p *page) took(_ http.ResponseWriter, req *http.Request) {
	var d done
	if err := json.NewDecoder(req.Body).Decode(&d); err != nil {
		d.Error = err.Error()
	}
	p.done <- d
}

// does waits until the job is done.
func (p *page) does(next job) done {
	p.t.Helper()
	late := time.After(2 * patience)
	select {
	case p.jobs <- next:
	case <-late:
		p.t.Fatal("the browser does not start")
	}
	select {
	case d := <-p.done:
		if d.Error != "" {
			p.t.Fatalf("the page says: %s", d.Error)
		}
		return d
	case <-late:
		p.t.Fatal("the page does not end its job")
	}
	return done{}
}

// watches plays the clock as ffmpeg does.
func (p *page) watches(address string) done {
	p.t.Helper()
	return p.does(job{Play: address, WarmUp: warmUp.Milliseconds(), Watching: watching.Milliseconds()})
}
