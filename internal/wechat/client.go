package wechat

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// DefaultAPI is where WeChat answers.
const DefaultAPI = "https://api.weixin.qq.com"

const (
	answerLimit = 5 * time.Second
	answerSize  = 64 << 10 // bytes
	maxCode     = 256      // bytes
)

// Why no openid came. None of them holds the code or the secret.
var (
	// ErrCode says that the code is unknown, was used before, or is older than five minutes: wx.login gives a new one.
	ErrCode = errors.New("wechat: the code is not valid")
	// ErrBlocked says that WeChat takes the user for a risk.
	ErrBlocked = errors.New("wechat: WeChat has blocked this user")
	// ErrBusy says that WeChat asks to come back later, or can't be reached.
	ErrBusy = errors.New("wechat: WeChat does not answer at present")
	// ErrSettings says that WeChat does not take our application id or secret.
	ErrSettings = errors.New("wechat: WeChat refuses the application id or its secret")
)

// Config is what a Client is made of. AppID and Secret are required.
type Config struct {
	AppID, Secret string
	API           string            // "" means DefaultAPI
	Transport     http.RoundTripper // nil means http.DefaultTransport
}

// Client asks WeChat. Its methods may be called concurrently.
type Client struct {
	appID, secret, api string
	http               *http.Client
}

// New returns a client.
func New(c Config) *Client {
	return &Client{
		appID: c.AppID, secret: c.Secret, api: cmp.Or(c.API, DefaultAPI),
		http: &http.Client{
			Transport: c.Transport,
			Timeout:   answerLimit,
			CheckRedirect: func(*http.Request, []*http.Request) error {
				return http.ErrUseLastResponse // the address holds the secret
			},
		},
	}
}

// AppID returns the application whose users these are: openids of different applications differ.
func (c *Client) AppID() string { return c.appID }

// OpenID returns the openid of whoever the code of wx.login was made for, or one of the errors above.
func (c *Client) OpenID(ctx context.Context, code string) (string, error) {
	if code == "" || len(code) > maxCode {
		return "", ErrCode
	}
	query := url.Values{
		"appid": {c.appID}, "secret": {c.secret}, "js_code": {code}, "grant_type": {"authorization_code"},
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.api+"/sns/jscode2session?"+query.Encode(), nil)
	if err != nil {
		return "", ErrSettings // the address of the API; the error would quote the secret
	}
	response, err := c.http.Do(request)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrBusy, cause(err))
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%w: status %d", ErrBusy, response.StatusCode)
	}
	return read(io.LimitReader(response.Body, answerSize))
}

// cause leaves out the address, which holds the secret.
func cause(err error) error {
	if quoting := (*url.Error)(nil); errors.As(err, &quoting) {
		return quoting.Err
	}
	return err
}

// session is the answer of code2Session. The session key is none of our business.
type session struct {
	OpenID string `json:"openid"`
	Code   int    `json:"errcode"`
}

func read(body io.Reader) (string, error) {
	var s session
	if err := json.NewDecoder(body).Decode(&s); err != nil {
		return "", fmt.Errorf("%w: its answer is no JSON", ErrBusy)
	}
	if s.Code != 0 {
		return "", fmt.Errorf("%w (errcode %d)", meaning(s.Code), s.Code)
	}
	if s.OpenID == "" {
		return "", fmt.Errorf("%w: no openid in its answer", ErrBusy)
	}
	return s.OpenID, nil
}

// meaning says what an errcode is to us.
func meaning(code int) error {
	switch code {
	case 40029, 40163, 41008: // invalid, used before, missing
		return ErrCode
	case 40226:
		return ErrBlocked
	case 40013, 40125, 41002, 41004: // application id or secret, invalid or missing
		return ErrSettings
	}
	return ErrBusy // -1, 45011 (too often), and what is not known
}
