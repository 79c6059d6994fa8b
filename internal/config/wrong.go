package config

import (
	"fmt"
	"strings"
)

// Variable returns the name of a flag's environment variable.
func Variable(flag string) string {
	return "CLAIMCALL_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

func fileVariable(flag string) string { return Variable(flag + "-file") }

// wrong says what is wrong with a setting, by both of its names. The format must say what is wanted.
func wrong(flag, format string, args ...any) error {
	return fmt.Errorf("--"+flag+" ("+Variable(flag)+") "+format, args...)
}

// what says what a setting is that can't be used.
func what(value string) string {
	if value == "" {
		return "is missing"
	}
	return fmt.Sprintf("is %q", value)
}
