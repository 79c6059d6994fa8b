package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// File reads the settings of a --config file; hand it to kong.Configuration. An unknown key is an error, so that a
// mistyped setting does not silently stay at its default.
func File(r io.Reader) (kong.Resolver, error) {
	var values map[string]any
	decoder := json.NewDecoder(r)
	decoder.UseNumber() // a number goes on as it is written
	if err := decoder.Decode(&values); err != nil {
		return nil, fmt.Errorf("wanted one JSON object: %w", err)
	}
	return file{values}, nil
}

// FileFlag is the path of a file that File reads.
type FileFlag string

// BeforeResolve has the file's settings stand in for flags that are not given. Package kong calls it.
func (FileFlag) BeforeResolve(app *kong.Kong, ctx *kong.Context, trace *kong.Path) error {
	path := string(ctx.FlagValue(trace.Flag).(FileFlag))
	settings, err := app.LoadConfig(path)
	if err != nil {
		if unread := (*fs.PathError)(nil); errors.As(err, &unread) {
			err = unread.Err // the path is said here
		}
		return fmt.Errorf("--config %s: %w", path, err)
	}
	ctx.AddResolver(settings)
	return nil
}

type file struct{ values map[string]any }

// Resolve returns the value for a flag, unless its environment variable has one.
func (f file) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	value, ok := f.values[flag.Name]
	if !ok || inEnvironment(flag) {
		return nil, nil
	}
	switch value := value.(type) {
	case string, bool:
		return value, nil
	case json.Number:
		return value.String(), nil
	case []any:
		return joined(flag.Name, value)
	}
	return nil, wrong(flag.Name, "in the --config file: wanted a text, a number, true, false or a list of texts")
}

func joined(name string, list []any) (string, error) {
	texts := make([]string, len(list))
	for i, entry := range list {
		text, ok := entry.(string)
		if !ok {
			return "", wrong(name, "in the --config file: wanted a list of texts")
		}
		texts[i] = text
	}
	return strings.Join(texts, ","), nil
}

func inEnvironment(flag *kong.Flag) bool {
	return slices.ContainsFunc(flag.Envs, func(name string) bool {
		_, ok := os.LookupEnv(name)
		return ok
	})
}

// Validate refuses keys that no flag has.
func (f file) Validate(app *kong.Application) error {
	known := map[string]bool{}
	err := kong.Visit(app, func(node kong.Visitable, next kong.Next) error {
		if flag, ok := node.(*kong.Flag); ok {
			known[flag.Name] = true
		}
		return next(nil)
	})
	if err != nil {
		return fmt.Errorf("config: read the flags: %w", err)
	}
	for key := range f.values {
		if !known[key] {
			return fmt.Errorf("--config has %q: wanted the long name of a flag, such as \"listen\"", key)
		}
	}
	return nil
}
