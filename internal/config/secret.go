package config

import (
	"bytes"
	"os"
)

// Secret is a setting that must not be shown. Formatting it shows that it is one, and nothing of it.
type Secret string

// String hides the secret from fmt and from loggers.
func (Secret) String() string { return "[secret]" }

// GoString hides the secret from %#v.
func (Secret) GoString() string { return "[secret]" }

// MarshalText hides the secret from encoders.
func (Secret) MarshalText() ([]byte, error) { return []byte("[secret]"), nil }

// readFile fills s from path, if one is given. The last line break of the file is not part of the secret.
func (s *Secret) readFile(flag, path string) error {
	if path == "" {
		return nil
	}
	if *s != "" {
		return wrong(flag, "is given twice: as text and by %s", fileVariable(flag))
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return wrong(flag+"-file", "wanted a file that can be read: %w", err)
	}
	*s = Secret(bytes.TrimRight(content, "\r\n"))
	if *s == "" {
		return wrong(flag+"-file", "wanted a file that holds the secret, but it is empty")
	}
	return nil
}
