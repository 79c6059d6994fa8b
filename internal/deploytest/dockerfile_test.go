package deploytest

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// instructions is the instructions of the Dockerfile, each on one line, by stage.
func instructions(t *testing.T) (build, final []string) {
	t.Helper()
	text := strings.ReplaceAll(strings.Join(statements(read(t, "Dockerfile")), "\n"), "\\\n", "")
	all := strings.Split(text, "\n")
	var stages []int
	for i, line := range all {
		if strings.HasPrefix(line, "FROM ") {
			stages = append(stages, i)
		}
	}
	if len(stages) != 2 {
		t.Fatalf("%d stages, want one to build and one to run", len(stages))
	}
	return all[:stages[1]], all[stages[1]:]
}

// holds reports whether a line begins with prefix and holds all texts.
func holds(lines []string, prefix string, texts ...string) bool {
	return slices.ContainsFunc(lines, func(line string) bool {
		return strings.HasPrefix(line, prefix) && !slices.ContainsFunc(texts, func(text string) bool { return !strings.Contains(line, text) })
	})
}

func TestImageIsBuiltStatic(t *testing.T) {
	build, _ := instructions(t)
	for prefix, texts := range map[string][]string{
		"ENV ": {"CGO_ENABLED=0", "GOTOOLCHAIN=local"},
		"RUN ": {"go build", "-trimpath", "-o /out/claimcall", "./cmd/claimcall", "GOOS=$TARGETOS", "GOARCH=$TARGETARCH"},
		"COPY": {"COPY . ."},
	} {
		if !holds(build, prefix, texts...) {
			t.Errorf("no %s with %q", prefix, texts)
		}
	}
	version := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(read(t, "go.mod"))
	if version == nil || !holds(build, "ARG GO_IMAGE=golang:"+version[1]+"-") {
		t.Errorf("it is not built with Go %q of go.mod", version)
	}
}

func TestImageRunsWithoutRoot(t *testing.T) {
	build, final := instructions(t)
	if !holds(build, "ARG BASE_IMAGE=gcr.io/distroless/static-", ":nonroot") || !holds(final, "FROM ${BASE_IMAGE}") {
		t.Error("the image is not a static one without root")
	}
	for _, want := range []string{
		"USER 65532:65532", "EXPOSE 8080 1935", "VOLUME /data", `ENTRYPOINT ["/claimcall", "serve"]`,
		"COPY --from=build /out/claimcall /claimcall", "COPY --from=build --chown=65532:65532 /out/data /data",
	} {
		if !slices.Contains(final, want) {
			t.Errorf("the image lacks %s", want)
		}
	}
	if holds(final, "RUN ") || holds(final, "HEALTHCHECK ") {
		t.Error("there is no shell in the image")
	}
}

func TestImageNamesRealVariables(t *testing.T) {
	settings := settings(t)
	for _, name := range regexp.MustCompile(`CLAIMCALL_\w+`).FindAllString(read(t, "Dockerfile"), -1) {
		if !settings[name] {
			t.Errorf("there is no setting %s", name)
		}
	}
}

func TestSecretsStayOutOfTheImageAndTheRepository(t *testing.T) {
	if !slices.Contains(statements(read(t, ".dockerignore")), "deploy/secrets/*") {
		t.Error("docker would copy the secrets into the build")
	}
	if !slices.Contains(statements(read(t, "deploy/secrets/.gitignore")), "*") {
		t.Error("git would take the secrets")
	}
}
