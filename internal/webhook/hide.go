package webhook

import (
	"errors"
	"net/url"
)

// hidden returns what an error of net/http says without the address, which may hold a secret of the receiver.
func hidden(err error) error {
	var with *url.Error
	if errors.As(err, &with) {
		return with.Err
	}
	return err
}
