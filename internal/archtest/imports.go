package archtest

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// mayImport says which packages of this module a package may import. A package below one of these follows the rule of
// the one above it, and may import that one too. Tests are free.
func mayImport() map[string][]string {
	return map[string][]string{
		"cmd/claimcall": {
			"protocol", "hub", "hub/embed", "hub/storage", "internal/httpapi", "internal/stream", "internal/relay",
			"internal/auth", "internal/oidc", "internal/wechat", "internal/bench", "internal/config", "internal/metrics", "internal/store",
			"internal/webhook", "web",
		},
		"internal/webhook": {"internal/store"},
		"internal/bench":   {"protocol", "internal/auth"},
		"hub/embed": {
			"protocol", "hub", "hub/storage", "internal/httpapi", "internal/stream", "internal/relay", "internal/auth",
			"internal/config", "internal/metrics", "internal/store", "web",
		},
		"hub/storage":                {"hub", "internal/store", "internal/store/sqlitestore", "internal/store/redisstore"},
		"internal/socket":            {"protocol", "hub"},
		"internal/httpapi":           {"protocol", "hub", "internal/socket", "internal/stream", "internal/relay", "internal/auth", "internal/oidc", "internal/wechat", "web"},
		"internal/metrics":           {"protocol", "hub", "internal/httpapi", "internal/call", "internal/store"},
		"hub":                        {"protocol", "internal/call", "internal/store"},
		"internal/store/sqlitestore": {"internal/store", "internal/call"},
		"internal/store/redisstore":  {"internal/store", "internal/call"},
		"internal/store/storetest":   {"internal/store", "internal/call"},
		"internal/store":             {"internal/call"},
		"internal/stream":            {"protocol", "internal/call"},
		"internal/mediatest":         nil,
		"internal/mediabench":        nil,
		"internal/faulttest":         nil,
		"internal/relay":             {"internal/relay/audio"},
		"internal/call":              nil,
		"internal/auth":              nil,
		"internal/oidc":              nil,
		"internal/wechat":            nil,
		"internal/config":            nil,
		"internal/archtest":          nil,
		"protocol":                   nil,
		"web":                        nil,
	}
}

// importDirection: imports between packages of this module follow mayImport, so that the core never learns of its
// surroundings and every package can be read without those above it.
func importDirection(t *Tree) []string {
	var broken []string
	for _, file := range t.code() {
		owner, allowed, ok := ruleFor(file.Package())
		if !ok {
			broken = append(broken, fmt.Sprintf("%s: package %s is in no line of mayImport; say there what it may import", file.Path, file.Package()))
			continue
		}
		for _, spec := range file.File.Imports {
			target, ours := strings.CutPrefix(strings.Trim(spec.Path.Value, `"`), Module+"/")
			if !ours || slices.Contains(allowed, target) || owner != file.Package() && under(target, owner) {
				continue
			}
			broken = append(broken, t.at(spec, "%s must not import %s; it may import: %s", file.Package(), target, orNone(allowed)))
		}
	}
	return broken
}

// ruleFor finds the line of mayImport for a package: its own, or that of the nearest package above it.
func ruleFor(pkg string) (owner string, allowed []string, ok bool) {
	rules := mayImport()
	for owner = pkg; owner != "."; owner = path.Dir(owner) {
		if allowed, ok = rules[owner]; ok {
			return owner, allowed, true
		}
	}
	return "", nil, false
}

func under(pkg, parent string) bool {
	return pkg == parent || strings.HasPrefix(pkg, parent+"/")
}

func orNone(names []string) string {
	if len(names) == 0 {
		return "no package of this module"
	}
	return strings.Join(names, ", ")
}

// libraryHomes: these libraries shape the code around them, so each is known to few files.
func libraryHomes(t *Tree) []string {
	homes := map[string][]string{
		"github.com/redis/go-redis/":  {"internal/store/redisstore/", "internal/bench/"},
		"github.com/coder/websocket":  {"internal/socket/", "internal/relay/ws.go", "internal/bench/", "cmd/claimcall/"},
		"github.com/alecthomas/kong":  {"internal/config/", "cmd/claimcall/"},
		"github.com/golang-jwt/jwt/":  {"internal/auth/"},
		"github.com/go-jose/":         {"internal/auth/"},
		"github.com/coreos/go-oidc/":  {"internal/oidc/"},
		"golang.org/x/oauth2":         {"internal/oidc/"},
		"modernc.org/sqlite":          {"internal/store/sqlitestore/"},
		"github.com/bluenviron/":      {"internal/relay/"},
		"github.com/pion/":            {"internal/relay/", "web/test/turnserver/"},
		"github.com/thesyncim/gopus":  {"internal/relay/audio/opus.go"},
		"github.com/tphakala/go-aac":  {"internal/relay/audio/goaac.go"},
		"github.com/prometheus/":      {"internal/metrics/"},
		"github.com/alicebob/":        nil, // tests only, like the next two
		"pgregory.net/rapid":          nil,
		"github.com/anishathalye/por": nil,
	}
	var broken []string
	for _, file := range t.Go {
		if file.ForTests() {
			continue
		}
		for _, spec := range file.File.Imports {
			for library, files := range homes {
				known := slices.ContainsFunc(files, func(home string) bool { return strings.HasPrefix(file.Path, home) })
				if strings.HasPrefix(strings.Trim(spec.Path.Value, `"`), library) && !known {
					broken = append(broken, t.at(spec, "%s is for %s only", spec.Path.Value, orTests(files)))
				}
			}
		}
	}
	return broken
}

func orTests(files []string) string {
	if len(files) == 0 {
		return "tests"
	}
	return strings.Join(files, ", ")
}

// standardLibraryOnly: these packages are the words of the project; whoever uses them gets nothing else with them.
func standardLibraryOnly(t *Tree) []string {
	var broken []string
	for _, file := range t.code() {
		if !slices.Contains([]string{"protocol", "internal/call", "web"}, file.Package()) {
			continue
		}
		for _, spec := range file.File.Imports {
			first, _, _ := strings.Cut(strings.Trim(spec.Path.Value, `"`), "/")
			if strings.Contains(first, ".") {
				broken = append(broken, t.at(spec, "%s uses the standard library only, not %s", file.Package(), spec.Path.Value))
			}
		}
	}
	return broken
}
