package stream

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// controlLimit bounds one request to the media service's control address, which is near.
const controlLimit = 3 * time.Second

// control asks nginx to end connections.
type control struct {
	base   string
	client *http.Client
}

// newControl returns a control that uses no proxy and follows no redirect: the address is this deployment's own.
func newControl(base string) control {
	return control{base: base, client: &http.Client{
		Timeout:       controlLimit,
		Transport:     &http.Transport{MaxIdleConnsPerHost: slots, IdleConnTimeout: time.Minute},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// drop ends all connections that publish or play the name.
func (c control) drop(ctx context.Context, name string) error {
	query := url.Values{"app": {app}, "name": {name}}.Encode()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+"/control/drop/client?"+query, nil)
	if err != nil {
		return err
	}
	answer, err := c.client.Do(r)
	if err != nil {
		return withoutURL(err)
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, 4<<10)) // the number of connections; so that this one lives on
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("status %d", answer.StatusCode)
	}
	return nil
}

func withoutURL(err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		return wrapped.Err
	}
	return err
}
