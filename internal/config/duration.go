package config

import (
	"fmt"
	"reflect"
	"time"

	"github.com/alecthomas/kong"
)

// Durations is the option that has kong read durations, and say what one looks like if it can't.
func Durations() kong.Option {
	return kong.TypeMapper(reflect.TypeFor[time.Duration](), kong.MapperFunc(decodeDuration))
}

func decodeDuration(ctx *kong.DecodeContext, target reflect.Value) error {
	var text string
	if err := ctx.Scan.PopValueInto("duration", &text); err != nil {
		return err
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		return fmt.Errorf("wanted a duration such as 30s, not %q", text)
	}
	target.SetInt(int64(d))
	return nil
}
