package config

import (
	"bytes"
	"encoding/json"
	"net/url"
	"os"
	"regexp"
)

// Webhooks says who is told of calls by HTTP.
type Webhooks struct {
	WebhooksFile string    `name:"webhooks" env:"CLAIMCALL_WEBHOOKS" help:"JSON file with the receivers that are told of calls by signed HTTP requests." placeholder:"FILE"`
	Receivers    []Webhook `kong:"-"` // what Check reads from the file
}

// Webhook is one receiver. After Check, Secrets has those of the files, too.
type Webhook struct {
	Name         string   `json:"name"`
	URL          string   `json:"url"`
	Secrets      []Secret `json:"secrets"`
	SecretFiles  []string `json:"secret_files"`
	Events       []string `json:"events"`        // kinds of events; none means all
	AllowPrivate bool     `json:"allow_private"` // may be in a private network, and without TLS
}

// maxWebhooks bounds the receivers: each event is written once for each.
const maxWebhooks = 16

// read reads the file, in which an unknown key is an error.
func (w *Webhooks) read() error {
	if w.WebhooksFile == "" {
		return nil
	}
	text, err := os.ReadFile(w.WebhooksFile)
	if err != nil {
		return wrong("webhooks", "is %q: wanted a file that can be read", w.WebhooksFile)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&w.Receivers); err != nil {
		return wrong("webhooks", `is a file that can't be understood (%w): wanted [{"name": "claims", "url": "https://...", "secret_files": ["FILE"]}, ...]`, err)
	}
	if len(w.Receivers) > maxWebhooks {
		return wrong("webhooks", "has %d receivers: wanted at most %d", len(w.Receivers), maxWebhooks)
	}
	known := map[string]bool{}
	for i := range w.Receivers {
		r := &w.Receivers[i]
		if err := r.complete(); err != nil {
			return err
		}
		if known[r.Name] {
			return wrong("webhooks", "has receiver %q twice: wanted each name once", r.Name)
		}
		known[r.Name] = true
	}
	return nil
}

var webhookName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)

func (r *Webhook) complete() error {
	if !webhookName.MatchString(r.Name) {
		return wrong("webhooks", "has a receiver with name %q: wanted up to 40 small letters, digits and dashes", r.Name)
	}
	u, err := url.Parse(r.URL)
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http":
		return wrong("webhooks", "has no usable url for receiver %q: wanted https://HOST/PATH", r.Name)
	case u.Scheme == "http" && !r.AllowPrivate:
		return wrong("webhooks", "has an http:// url for receiver %q: wanted https://, or allow_private for one in a network of yours", r.Name)
	}
	for _, path := range r.SecretFiles {
		var secret Secret
		if err := secret.readFile("webhooks", path); err != nil {
			return err
		}
		r.Secrets = append(r.Secrets, secret)
	}
	if n := len(r.Secrets); n < 1 || n > 4 {
		return wrong("webhooks", "has %d secrets for receiver %q: wanted 1 to 4", n, r.Name)
	}
	return nil
}
