package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/claimcall/claimcall/hub"
	"github.com/claimcall/claimcall/internal/config"
	"github.com/claimcall/claimcall/protocol"
)

// adminCmd are the commands for who runs a deployment. They ask a running node.
type adminCmd struct {
	List   adminListCmd   `cmd:"" help:"List the calls that run: id, state, age, claim number, parties."`
	End    adminEndCmd    `cmd:"" help:"End a call."`
	Revoke adminRevokeCmd `cmd:"" help:"Refuse all tokens that a person was given until now."`
	Drain  adminDrainCmd  `cmd:"" help:"Have a node send its clients elsewhere. It must be asked at its internal listener."`
}

// adminServer says which node to ask, and as whom.
type adminServer struct {
	URL   string        `name:"url" default:"http://127.0.0.1:8081" env:"CLAIMCALL_ADMIN_URL" help:"The internal listener of a node, or with --token its public one." placeholder:"URL"`
	Token config.Secret `env:"CLAIMCALL_ADMIN_TOKEN" help:"Token of a supervisor. The internal listener wants none." placeholder:"TOKEN"`
}

// adminLimit bounds one request.
const adminLimit = 10 * time.Second

// ask sends a request to the administration API and reads what came.
func (a *adminServer) ask(ctx context.Context, method, path string, into any) error {
	ctx, cancel := context.WithTimeout(ctx, adminLimit)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(a.URL, "/")+"/admin/v1"+path, nil)
	if err != nil {
		return fmt.Errorf("--url: %w", err)
	}
	if a.Token != "" {
		r.Header.Set("Authorization", "Bearer "+string(a.Token))
	}
	w, err := http.DefaultClient.Do(r)
	if err != nil {
		return fmt.Errorf("no answer; --url wants the internal listener of a node: %w", err)
	}
	defer w.Body.Close()
	body, err := io.ReadAll(io.LimitReader(w.Body, adminAnswer))
	switch {
	case err != nil:
		return err
	case w.StatusCode != http.StatusOK:
		return refused(w.StatusCode, body)
	}
	return json.NewDecoder(bytes.NewReader(body)).Decode(into)
}

const adminAnswer = 16 << 20 // bytes of an answer

// refused says why a request was.
func refused(status int, body []byte) error {
	var told struct{ Error *protocol.Error }
	if json.Unmarshal(body, &told) == nil && told.Error != nil {
		return errors.New(told.Error.Message)
	}
	return fmt.Errorf("answered %d; is this the internal listener of a node?", status)
}

type adminListCmd struct {
	adminServer
}

// Run lists the calls that run, one a line.
func (c *adminListCmd) Run(ctx context.Context, term terminal) error {
	for after := ""; ; {
		var page hub.RunningPage
		if err := c.ask(ctx, http.MethodGet, "/calls?after="+url.QueryEscape(after), &page); err != nil {
			return err
		}
		for _, call := range page.Calls {
			adjuster := "-"
			if call.Legs.Adjuster != nil {
				adjuster = call.Legs.Adjuster.User
			}
			age := time.Since(call.CreatedAt.Time).Round(time.Second)
			fmt.Fprintln(term.out, call.ID, call.State, age, call.ClaimNo, call.Legs.Claimant.User, adjuster)
		}
		if after = page.Next; after == "" {
			return nil
		}
	}
}

type adminEndCmd struct {
	adminServer
	Call string `arg:"" help:"Its id."`
}

// Run ends a call.
func (c *adminEndCmd) Run(ctx context.Context, term terminal) error {
	var ended protocol.Call
	if err := c.ask(ctx, http.MethodPost, "/calls/"+url.PathEscape(c.Call)+"/end", &ended); err != nil {
		return err
	}
	fmt.Fprintln(term.out, ended.ID, ended.State)
	return nil
}

type adminRevokeCmd struct {
	adminServer
	Role string `arg:"" enum:"claimant,adjuster,supervisor" help:"claimant, adjuster or supervisor."`
	User string `arg:"" help:"The person's id."`
}

// Run revokes somebody's tokens.
func (c *adminRevokeCmd) Run(ctx context.Context, term terminal) error {
	if err := c.ask(ctx, http.MethodPost, "/users/"+c.Role+"/"+url.PathEscape(c.User)+"/revoke", &struct{}{}); err != nil {
		return err
	}
	fmt.Fprintln(term.out, c.Role, c.User, "revoked")
	return nil
}

type adminDrainCmd struct {
	adminServer
}

// Run begins to drain a node.
func (c *adminDrainCmd) Run(ctx context.Context, term terminal) error {
	if err := c.ask(ctx, http.MethodPost, "/node/drain", &struct{}{}); err != nil {
		return err
	}
	fmt.Fprintln(term.out, "draining")
	return nil
}
