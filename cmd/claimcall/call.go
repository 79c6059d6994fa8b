package main

import (
	"context"
	"errors"
	"time"

	"github.com/claimcall/claimcall/internal/auth"
	"github.com/claimcall/claimcall/internal/config"
	"github.com/claimcall/claimcall/protocol"
)

// callCmd takes part in one call, as the claimant or, with --answer, as the adjuster.
type callCmd struct {
	Dev         bool          `help:"Sign in with the public development key."`
	AuthKey     config.Secret `help:"Sign in with a token made with this key." placeholder:"KEY"`
	AuthKeyFile string        `help:"File that holds the key." placeholder:"FILE"`
	AuthIssuer  string        `help:"iss of that token." placeholder:"NAME"`
	Token       config.Secret `help:"Sign in with this token." placeholder:"TOKEN"`
	Sub         string        `help:"Who to be with --dev or --auth-key (default: claimant-1 or adjuster-1)." placeholder:"ID"`
	Name        string        `help:"Name to show to the other side." placeholder:"NAME"`

	URL      string        `name:"url" default:"ws://127.0.0.1:8080/ws" help:"Address of the server's socket (default: ${default})." placeholder:"URL"`
	Answer   bool          `help:"Be an adjuster: wait for a call and accept it."`
	ClaimNo  string        `default:"TEST-1" help:"Number of the claim to call about (default: ${default})." placeholder:"NO"`
	Queue    string        `help:"Queue to wait in; with --answer, the one to serve." placeholder:"NAME"`
	Skills   []string      `help:"Skills wanted of the adjuster; with --answer, own ones." placeholder:"A,B"`
	Note     string        `help:"Note for the adjuster." placeholder:"TEXT"`
	Push     string        `help:"Send this file, over and over, or the picture \"testsrc\". Needs ffmpeg." placeholder:"FILE|testsrc"`
	Play     string        `help:"Record what the other side sends. Needs ffmpeg." placeholder:"FILE"`
	For      time.Duration `help:"Hang up this long after both sides have joined." placeholder:"DURATION"`
	ShowURLs bool          `name:"show-urls" help:"Print stream addresses with their signatures: whoever sees them can use them."`
}

// Run calls, or answers, and returns nil if the call was held.
func (c *callCmd) Run(ctx context.Context, term terminal) error {
	token, err := c.token()
	if err != nil {
		return err
	}
	if err := mediaPossible(c.Push, c.Play); err != nil {
		return err
	}
	out := &printer{out: term.out, showURLs: c.ShowURLs}
	p := &party{
		want:  c.wish(),
		out:   out,
		note:  func(text string) { out.note(term.err, text) },
		media: newMedia(c.Push, c.Play, func(text string) { out.note(term.err, text) }),
	}
	defer p.media.stop()
	return newClient(c.URL, token, p).run(ctx)
}

// wish is what the flags say to do in the call.
func (c *callCmd) wish() wish {
	w := wish{answer: c.Answer, hangUpAfter: c.For}
	if !c.Answer {
		w.request = protocol.CallRequest{
			RequestID: newID(), ClaimNo: c.ClaimNo, Queue: c.Queue, Skills: c.Skills, Note: c.Note, Media: protocol.MediaVideo,
		}
	}
	return w
}

// tokenLife is longer than the longest call.
const tokenLife = 12 * time.Hour

// token returns the token given, or makes one.
func (c *callCmd) token() (string, error) {
	if c.Token != "" {
		return string(c.Token), nil
	}
	if !c.Dev && c.AuthKey == "" && c.AuthKeyFile == "" {
		return "", errors.New("who is calling? wanted --token, --dev, --auth-key or --auth-key-file")
	}
	who := auth.Claims{Role: auth.RoleClaimant, Subject: c.Sub, Name: c.Name}
	if c.Answer {
		who.Role, who.Skills = auth.RoleAdjuster, c.Skills
		if c.Queue != "" {
			who.Queues = []string{c.Queue}
		}
	}
	if who.Subject == "" {
		who.Subject = who.Role + "-1"
	}
	if who.Name == "" {
		who.Name = who.Subject
	}
	return makeToken(&config.Auth{Dev: c.Dev, AuthKey: c.AuthKey, AuthKeyFile: c.AuthKeyFile, AuthIssuer: c.AuthIssuer}, who, tokenLife)
}
