package deploytest

import (
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"go.yaml.in/yaml/v3"

	"github.com/claimcall/claimcall/internal/config"
)

// compose is what the tests look at in docker-compose.yml.
type compose struct {
	Services map[string]service
	Networks map[string]struct {
		Internal bool
		IPAM     struct {
			Config []struct {
				Subnet  netip.Prefix
				IPRange netip.Prefix `yaml:"ip_range"`
			}
		}
	}
	Volumes map[string]any
	Secrets map[string]struct{ File string }
}

type service struct {
	Image       string
	User        string
	Build       any
	Command     []string
	Entrypoint  []string
	Environment map[string]string
	Volumes     []string
	Secrets     []string
	Ports       []string
	Profiles    []string
	Networks    networks
	Healthcheck *struct{ Test []string }
	ReadOnly    bool   `yaml:"read_only"`
	StopGrace   string `yaml:"stop_grace_period"`
	Container   string `yaml:"container_name"`
	DependsOn   map[string]struct {
		Condition string
	} `yaml:"depends_on"`
	Deploy struct{ Replicas int }
}

// networks is the networks of a service, with its fixed address if it has one.
type networks map[string]netip.Addr

// UnmarshalYAML reads both forms: a list of names, and a map from them.
func (n *networks) UnmarshalYAML(node *yaml.Node) error {
	*n = networks{}
	if node.Kind == yaml.SequenceNode {
		for _, name := range node.Content {
			(*n)[name.Value] = netip.Addr{}
		}
		return nil
	}
	var byName map[string]*struct {
		Address netip.Addr `yaml:"ipv4_address"`
	}
	if err := node.Decode(&byName); err != nil {
		return err
	}
	for name, network := range byName {
		(*n)[name] = netip.Addr{}
		if network != nil {
			(*n)[name] = network.Address
		}
	}
	return nil
}

func readCompose(t *testing.T) compose {
	t.Helper()
	var c compose
	if err := yaml.Unmarshal([]byte(read(t, "docker-compose.yml")), &c); err != nil {
		t.Fatal(err)
	}
	return c
}

// settings is the variables that the program knows.
func settings(t *testing.T) map[string]bool {
	t.Helper()
	parser, err := kong.New(new(config.Serve))
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, flag := range parser.Model.Flags {
		for _, name := range flag.Envs {
			names[name] = true
		}
	}
	return names
}

// interpolated is a value without a variable in the surroundings: ${NAME:-value} becomes value.
func interpolated(value string) string {
	return regexp.MustCompile(`\$\{[A-Z_]+:-([^}]*)\}`).ReplaceAllString(value, "$1")
}

func TestComposeHasWhatANodeNeeds(t *testing.T) {
	c := readCompose(t)
	node := c.Services["claimcall"]
	known := settings(t)
	secrets := t.TempDir()
	for name, value := range node.Environment {
		if !known[name] {
			t.Errorf("there is no setting %s", name)
		}
		if file, ok := strings.CutPrefix(value, "/run/secrets/"); ok {
			if !slices.Contains(node.Secrets, file) {
				t.Errorf("%s: the node does not get the secret %s", name, file)
			}
			value = write(t, secrets, file, strings.Repeat("0123456789abcdef", 4)+"\n") // as openssl rand -hex 32 makes it
		}
		t.Setenv(name, interpolated(value))
	}
	var serve config.Serve
	parser, err := kong.New(&serve)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse(nil); err != nil {
		t.Fatal(err)
	}
	if err := serve.Check(); err != nil {
		t.Error(err)
	}
	if serve.WebRTCListen != "" {
		t.Errorf("pages are sent to the WebRTC of a node at %s, which is not published", serve.WebRTCListen)
	}
	if serve.Redis == "" || serve.Dev || serve.Uses("relay") {
		t.Errorf("redis %q, dev %v, streams %q", serve.Redis, serve.Dev, serve.Providers)
	}
}

func TestComposeNamesRealVariables(t *testing.T) {
	known := settings(t)
	for _, name := range regexp.MustCompile(`CLAIMCALL_\w+`).FindAllString(read(t, "docker-compose.yml"), -1) {
		if !known[name] {
			t.Errorf("there is no setting %s", name)
		}
	}
}

func TestComposePathsExist(t *testing.T) {
	c := readCompose(t)
	for name, s := range c.Services {
		for _, volume := range s.Volumes {
			source, _, _ := strings.Cut(volume, ":")
			_, named := c.Volumes[source]
			if _, err := os.Stat(top(source)); err != nil && !named {
				t.Errorf("%s: there is no %s", name, source)
			}
		}
		for _, secret := range s.Secrets {
			if _, err := os.Stat(top(filepath.Dir(c.Secrets[secret].File))); err != nil {
				t.Errorf("%s: nobody can put the secret %s into its folder: %v", name, secret, err)
			}
		}
	}
}

// TestComposeHoldsNoSecret: each comes from a file that is not in the repository, and the way to make it is told.
func TestComposeHoldsNoSecret(t *testing.T) {
	text := read(t, "docker-compose.yml")
	for name, secret := range readCompose(t).Secrets {
		file := strings.TrimPrefix(secret.File, "./")
		if !strings.Contains(text, "> "+file) {
			t.Errorf("%s: nobody says how to make %s", name, file)
		}
	}
	for _, name := range []string{"AUTH_KEY", "STREAM_SECRET", "HOOK_SECRET"} {
		if match := regexp.MustCompile(`CLAIMCALL_\w*` + name + `:.*`).FindString(text); match != "" {
			t.Errorf("a secret that is not in a file: %s", match)
		}
	}
}

func TestComposeScales(t *testing.T) {
	node := readCompose(t).Services["claimcall"]
	if node.Deploy.Replicas < 2 || node.Container != "" || len(node.Ports) > 0 || len(node.Volumes) > 0 {
		t.Errorf("there can't be several of it: %+v", node)
	}
}

// TestComposePublishesLittle: what asks nobody who they are is never published, and only RTMP beyond this machine.
func TestComposePublishesLittle(t *testing.T) {
	want := map[string][]string{
		"proxy":      {"127.0.0.1:8080:8080"},
		"nginx-rtmp": {"1935:1935"},
		"srs":        {"127.0.0.1:1936:1935", "127.0.0.1:8000:8000/udp"},
	}
	for name, s := range readCompose(t).Services {
		if !slices.Equal(s.Ports, want[name]) {
			t.Errorf("%s publishes %q", name, s.Ports)
		}
	}
}

func TestComposeNetworksAreApart(t *testing.T) {
	c := readCompose(t)
	if !c.Networks["inside"].Internal || !c.Networks["data"].Internal || c.Networks["outside"].Internal {
		t.Error("inside and data must have no way out, outside must")
	}
	want := map[string][]string{
		"claimcall": {"data", "inside"}, "redis": {"data"}, "proxy": {"inside", "outside"},
		"nginx-rtmp": {"inside", "outside"}, "srs": {"inside", "outside"},
	}
	for name, s := range c.Services {
		var on []string
		for network := range s.Networks {
			on = append(on, network)
		}
		if slices.Sort(on); !slices.Equal(on, want[name]) {
			t.Errorf("%s is on %q, want %q", name, on, want[name])
		}
	}
}

// TestComposeProxyHasAnAddressOfItsOwn: nodes believe it, and hooks go there. Docker hands out others.
func TestComposeProxyHasAnAddressOfItsOwn(t *testing.T) {
	c := readCompose(t)
	proxy := c.Services["proxy"].Networks["inside"]
	inside := c.Networks["inside"].IPAM.Config[0]
	if !inside.Subnet.Contains(proxy) || inside.IPRange.Contains(proxy) || !inside.Subnet.Overlaps(inside.IPRange) {
		t.Errorf("%s is not free in %+v", proxy, inside)
	}
	if got := c.Services["claimcall"].Environment["CLAIMCALL_TRUSTED_PROXIES"]; got != proxy.String()+"/32" {
		t.Errorf("nodes believe %s, want only %s", got, proxy)
	}
	script := strings.Join(c.Services["nginx-rtmp"].Command, "")
	if !strings.Contains(script, proxy.String()+":8081") || !strings.Contains(script, "allow "+inside.Subnet.String()) {
		t.Errorf("nginx-rtmp does not know %s of %s", proxy, inside.Subnet)
	}
}

func TestComposeStartsInOrderAndEndsInTime(t *testing.T) {
	c := readCompose(t)
	for name, s := range c.Services {
		for other, on := range s.DependsOn {
			healthy := on.Condition == "service_healthy"
			if healthy != (c.Services[other].Healthcheck != nil) {
				t.Errorf("%s waits for %s: %s", name, other, on.Condition)
			}
		}
		if s.StopGrace != "30s" { // a node takes up to 25 s
			t.Errorf("%s has %q to end", name, s.StopGrace)
		}
		if !s.ReadOnly && name != "srs" {
			t.Errorf("%s may write to its own files", name)
		}
	}
	if got := c.Services["srs"].Profiles; !slices.Equal(got, []string{"srs"}) {
		t.Errorf("srs lets anybody in and would be started: %q", got)
	}
}

func TestComposeImagesHaveVersions(t *testing.T) {
	for name, s := range readCompose(t).Services {
		_, tag, _ := strings.Cut(s.Image, ":")
		if s.Build == nil && (tag == "" || tag == "latest") {
			t.Errorf("%s takes whatever %q is today", name, s.Image)
		}
	}
}
