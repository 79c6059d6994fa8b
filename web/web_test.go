package web

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"path"
	"regexp"
	"strings"
	"testing"
)

// ask sends one request to the handler.
func ask(t *testing.T, method, target string, header ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, target, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	Handler().ServeHTTP(w, r)
	return w.Result()
}

func TestHandlerServesFilesWithTheirType(t *testing.T) {
	tests := []struct{ target, contentType string }{
		{"/", "text/html; charset=utf-8"},
		{"/console/", "text/html; charset=utf-8"},
		{"/call/", "text/html; charset=utf-8"},
		{"/ui/ui.css", "text/css; charset=utf-8"},
		{"/sdk/index.js", "text/javascript; charset=utf-8"},
		{"/sdk/package.json", "application/json"},
		{"/ui/mark.svg", "image/svg+xml"},
		{"/vendor/mpegts/mpegts.js", "text/javascript; charset=utf-8"},
		{"/vendor/mpegts/LICENSE", "text/plain; charset=utf-8"},
	}
	for _, tt := range tests {
		t.Run(tt.target, func(t *testing.T) {
			resp := ask(t, http.MethodGet, tt.target)
			if resp.StatusCode != http.StatusOK {
				t.Fatalf("status %d, want 200", resp.StatusCode)
			}
			if got := resp.Header.Get("Content-Type"); got != tt.contentType {
				t.Errorf("Content-Type %q, want %q", got, tt.contentType)
			}
			if got := resp.Header.Get("Cache-Control"); got != "no-cache" {
				t.Errorf("Cache-Control %q, want no-cache", got)
			}
		})
	}
}

func TestHandlerListsNoFolderAndLeavesTheRestAlone(t *testing.T) {
	for _, target := range []string{
		"/sdk/", "/sdk/core/", "/vendor/", "/vendor/mpegts/", "/ui/", "/claimant/", "/test/", "/web.go",
		"/nothing", "/console/nothing.js", "/console/index.html", "/ws", "/api/v1/config",
	} {
		if resp := ask(t, http.MethodGet, target); resp.StatusCode != http.StatusNotFound {
			t.Errorf("GET %s: status %d, want 404", target, resp.StatusCode)
		}
	}
}

func TestHandlerAddsTheSlashOfAPage(t *testing.T) {
	for _, page := range []string{"/console", "/call"} {
		resp := ask(t, http.MethodGet, page)
		if resp.StatusCode/100 != 3 || resp.Header.Get("Location") != page+"/" {
			t.Errorf("GET %s: status %d to %q, want a redirect to %s/",
				page, resp.StatusCode, resp.Header.Get("Location"), page)
		}
	}
}

func TestHandlerTakesOnlyGetAndHead(t *testing.T) {
	resp := ask(t, http.MethodPost, "/console/")
	if resp.StatusCode != http.StatusMethodNotAllowed || resp.Header.Get("Allow") != "GET, HEAD" {
		t.Errorf("POST: status %d, Allow %q", resp.StatusCode, resp.Header.Get("Allow"))
	}
	if resp := ask(t, http.MethodHead, "/console/"); resp.StatusCode != http.StatusOK {
		t.Errorf("HEAD: status %d, want 200", resp.StatusCode)
	}
}

func TestHandlerAnswersAKnownETagWithNotModified(t *testing.T) {
	first := ask(t, http.MethodGet, "/sdk/core/client.js").Header.Get("ETag")
	if first == "" || first != ask(t, http.MethodGet, "/sdk/core/client.js").Header.Get("ETag") {
		t.Fatalf("ETag %q is missing or changes", first)
	}
	if other := ask(t, http.MethodGet, "/sdk/core/state.js").Header.Get("ETag"); other == first {
		t.Errorf("two files share the ETag %q", first)
	}
	resp := ask(t, http.MethodGet, "/sdk/core/client.js", "If-None-Match", first)
	if resp.StatusCode != http.StatusNotModified {
		t.Errorf("status %d, want 304", resp.StatusCode)
	}
}

func TestHandlerSendsSecurityHeadersAlsoWithErrors(t *testing.T) {
	for _, target := range []string{"/console/", "/call/", "/nothing"} {
		h := ask(t, http.MethodGet, target).Header
		csp := h.Get("Content-Security-Policy")
		for _, directive := range []string{
			"default-src 'none'", "script-src 'self'", "style-src 'self'", "object-src 'none'",
			"base-uri 'none'", "frame-ancestors 'none'", "worker-src 'none'",
		} {
			if !strings.Contains(csp, directive) {
				t.Errorf("%s: Content-Security-Policy lacks %q", target, directive)
			}
		}
		if strings.Contains(csp, "unsafe") {
			t.Errorf("%s: Content-Security-Policy is unsafe: %s", target, csp)
		}
		for _, name := range []string{"X-Frame-Options", "Referrer-Policy", "Cross-Origin-Opener-Policy", "Permissions-Policy"} {
			if h.Get(name) == "" {
				t.Errorf("%s: no %s", target, name)
			}
		}
		if h.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: not nosniff", target)
		}
	}
}

// What the Content-Security-Policy would block must not be in a page to begin with.
var forbiddenInPages = []*regexp.Regexp{
	regexp.MustCompile(`(?i)<script(\s[^>]*)?>\s*[^<\s]`), // inline script
	regexp.MustCompile(`(?i)<style`),
	regexp.MustCompile(`(?i)\sstyle\s*=`),
	regexp.MustCompile(`(?i)\son[a-z]+\s*=`),
}

func TestPagesHaveNothingInline(t *testing.T) {
	eachFile(t, ".html", func(name, text string) {
		for _, pattern := range forbiddenInPages {
			if found := pattern.FindString(text); found != "" {
				t.Errorf("%s: %q", name, found)
			}
		}
	})
}

// otherHost finds addresses of other hosts; the namespace of SVG is a name, not an address.
var otherHost = regexp.MustCompile(`(?:https?:)?//(?:[a-z0-9-]+\.)+[a-z]{2,}`)

func TestOwnFilesNameNoOtherHost(t *testing.T) {
	for _, ext := range []string{".html", ".css", ".js", ".svg"} {
		eachFile(t, ext, func(name, text string) {
			text = strings.ReplaceAll(text, "http://www.w3.org/2000/svg", "")
			if found := otherHost.FindString(text); found != "" {
				t.Errorf("%s names another host: %s", name, found)
			}
		})
	}
}

func TestOwnScriptsNeverBuildMarkupFromText(t *testing.T) {
	markup := regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(`)
	eachFile(t, ".js", func(name, text string) {
		if found := markup.FindString(text); found != "" {
			t.Errorf("%s uses %s", name, found)
		}
	})
}

var reference = regexp.MustCompile(`(?:src|href)="([^"#]+)"|(?:from|import) '(\.[^']+|/[^']+)'`)

func TestEveryReferenceLeadsToAFile(t *testing.T) {
	for _, mount := range mounts {
		for _, ext := range []string{".html", ".js"} {
			eachFile(t, ext, func(name, text string) {
				if !strings.HasPrefix(name, mount.folder+"/") {
					return
				}
				base := mount.path + strings.TrimPrefix(path.Dir(name)+"/", mount.folder+"/")
				for _, match := range reference.FindAllStringSubmatch(text, -1) {
					target := resolve(base, match[1]+match[2])
					if resp := ask(t, http.MethodGet, target); resp.StatusCode != http.StatusOK {
						t.Errorf("%s refers to %s: status %d", name, target, resp.StatusCode)
					}
				}
			})
		}
	}
}

// resolve joins a relative reference to its base and keeps a final slash.
func resolve(base, ref string) string {
	if !strings.HasPrefix(ref, "/") {
		ref = path.Join(base, ref) + strings.Repeat("/", strings.Count(ref[len(ref)-1:], "/"))
	}
	return ref
}

func TestVendoredFilesMatchTheirChecksums(t *testing.T) {
	sums, err := fs.Glob(Files(), "vendor/*/CHECKSUM")
	if err != nil || len(sums) == 0 {
		t.Fatalf("no CHECKSUM found: %v", err)
	}
	for _, name := range sums {
		folder := path.Dir(name)
		for _, want := range []string{"LICENSE", "VERSION"} {
			if _, err := fs.Stat(Files(), path.Join(folder, want)); err != nil {
				t.Errorf("%s: no %s", folder, want)
			}
		}
		checkSums(t, folder, read(t, name))
	}
}

func checkSums(t *testing.T, folder, sums string) {
	t.Helper()
	lines := bufio.NewScanner(strings.NewReader(sums))
	for lines.Scan() {
		want, file, _ := strings.Cut(lines.Text(), "  ")
		sum := sha256.Sum256([]byte(read(t, path.Join(folder, file))))
		if got := hex.EncodeToString(sum[:]); got != want {
			t.Errorf("%s/%s: sha256 %s, CHECKSUM says %s", folder, file, got, want)
		}
	}
}

// eachFile calls check with every file of our own that has ext.
func eachFile(t *testing.T, ext string, check func(name, text string)) {
	t.Helper()
	err := fs.WalkDir(Files(), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || name == "vendor" {
			return fs.SkipDir
		}
		if !entry.IsDir() && path.Ext(name) == ext {
			check(name, read(t, name))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	body, err := fs.ReadFile(Files(), name)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}
