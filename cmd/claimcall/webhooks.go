package main

import (
	"fmt"
	"slices"

	"go.uber.org/zap"

	"github.com/claimcall/claimcall/hub"
	"github.com/claimcall/claimcall/internal/config"
	"github.com/claimcall/claimcall/internal/webhook"
)

// openWebhooks makes what tells receivers of calls; nil if nobody is told.
func (n *node) openWebhooks(c *config.Webhooks) error {
	if len(c.Receivers) == 0 {
		return nil
	}
	var receivers []webhook.Receiver
	for _, r := range c.Receivers {
		receiver := webhook.Receiver{Name: r.Name, URL: r.URL, AllowPrivate: r.AllowPrivate}
		for _, text := range r.Secrets {
			secret, err := webhook.ParseSecret(string(text))
			if err != nil {
				return wrongWebhook(r.Name, err)
			}
			receiver.Secrets = append(receiver.Secrets, secret)
		}
		receivers = append(receivers, receiver)
	}
	var err error
	n.webhooks, err = webhook.New(webhook.Config{
		Outbox: n.store, Receivers: receivers, OnTry: n.metrics.Told, Log: n.log.With(zap.String("part", "webhooks")),
	})
	return err
}

// tell returns the receivers as the hub wants them.
func tell(c *config.Webhooks) ([]hub.Receiver, error) {
	var receivers []hub.Receiver
	for _, r := range c.Receivers {
		receiver := hub.Receiver{Name: r.Name}
		for _, kind := range r.Events {
			if !slices.Contains(hub.EventKinds(), hub.EventKind(kind)) {
				return nil, wrongWebhook(r.Name, fmt.Errorf("there is no event %q; wanted some of %v", kind, hub.EventKinds()))
			}
			receiver.Kinds = append(receiver.Kinds, hub.EventKind(kind))
		}
		receivers = append(receivers, receiver)
	}
	return receivers, nil
}

func wrongWebhook(receiver string, err error) error {
	return fmt.Errorf("--webhooks (%s): receiver %q: %w", config.Variable("webhooks"), receiver, err)
}

// newEvents tells the webhooks that there is something to take.
func (n *node) newEvents() {
	if n.webhooks != nil {
		n.webhooks.Kick()
	}
}
