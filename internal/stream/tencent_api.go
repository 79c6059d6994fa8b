package stream

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
)

// TencentAPI is where Tencent Cloud Live is asked, unless another address is configured, such as
// https://live.intl.tencentcloudapi.com for international accounts.
const TencentAPI = "https://live.tencentcloudapi.com"

const (
	tencentVersion = "2018-08-01"
	// tencentLimit bounds one request: two of them fit into one try of a drop.
	tencentLimit = 2 * time.Second
	// maxTencentAnswer bounds what is read of an answer. Those that are asked for have a few hundred bytes.
	maxTencentAnswer = 64 << 10
)

// tencentAPI asks Tencent Cloud Live. It may be used concurrently.
type tencentAPI struct {
	url    string
	signer tc3
	region string
	client *http.Client
}

// tencentStream says which stream a request is about.
type tencentStream struct{ AppName, DomainName, StreamName string }

// tencentError is what the API answers when it does not do what it was asked for.
type tencentError struct{ Code, RequestID string }

func (e *tencentError) Error() string {
	return fmt.Sprintf("tencent answered %s, request %s", e.Code, e.RequestID)
}

// ofMedia reports whether the error may be one of the live service itself, rather than of the way in which it was asked.
func (e *tencentError) ofMedia() bool {
	kind, _, _ := strings.Cut(e.Code, ".")
	return !slices.Contains([]string{"AuthFailure", "UnauthorizedOperation", "RequestLimitExceeded", "InternalError"}, kind)
}

func newTencentAPI(address, id, key, region string) (*tencentAPI, error) {
	url, err := base(address, "https", "http")
	if err != nil {
		return nil, err
	}
	return &tencentAPI{
		url:    url + "/",
		signer: tc3{id: id, key: key, service: "live"},
		region: region,
		client: &http.Client{
			Timeout: tencentLimit,
			Transport: &http.Transport{
				Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: slots, IdleConnTimeout: time.Minute, ForceAttemptHTTP2: true,
			},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}, nil
}

// drop disconnects the publisher, who may come back. That there is none is no error.
func (a *tencentAPI) drop(ctx context.Context, s tencentStream) error {
	_, err := a.ask(ctx, "DropLiveStream", s, nil)
	return unlessGone(err)
}

// forbid keeps publishers from the name until resume.
func (a *tencentAPI) forbid(ctx context.Context, s tencentStream, resume time.Time) error {
	_, err := a.ask(ctx, "ForbidLiveStream", struct {
		tencentStream
		ResumeTime string
		Reason     string
	}{s, resume.UTC().Format(time.RFC3339), "the call has ended"}, nil)
	return unlessGone(err)
}

// The state of a stream that is being published.
const tencentActive = "active"

// tencentState is what the API says of a stream, and when.
type tencentState struct {
	StreamState string
	date        time.Time // of Tencent's clock; zero if unknown
}

// state asks whether a stream is being published. A name that was never heard of is not.
func (a *tencentAPI) state(ctx context.Context, s tencentStream) (state tencentState, err error) {
	state.date, err = a.ask(ctx, "DescribeLiveStreamState", s, &state)
	return state, unlessGone(err)
}

// unlessGone makes nothing of an error that says that there is no such stream.
func unlessGone(err error) error {
	if refused, ok := err.(*tencentError); ok && strings.HasSuffix(refused.Code, ".StreamNotExist") {
		return nil
	}
	return err
}

// ask sends one request and reads the answer into result, unless that is nil. It returns the time that the answer bears, also
// with a *tencentError. No other error holds the address.
func (a *tencentAPI) ask(ctx context.Context, action string, params, result any) (date time.Time, err error) {
	body, err := json.Marshal(params)
	if err != nil {
		return date, fmt.Errorf("%s: %w", action, err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, a.url, bytes.NewReader(body))
	if err != nil {
		return date, fmt.Errorf("%s: %w", action, err)
	}
	a.signer.sign(r.Header, r.URL.Host, body, time.Now())
	r.Header.Set("X-TC-Action", action)
	r.Header.Set("X-TC-Version", tencentVersion)
	if a.region != "" {
		r.Header.Set("X-TC-Region", a.region)
	}
	answer, err := a.client.Do(r)
	if err != nil {
		return date, fmt.Errorf("%s: %w", action, withoutURL(err))
	}
	defer answer.Body.Close()
	date, _ = http.ParseTime(answer.Header.Get("Date"))
	return date, readTencent(answer, result)
}

// readTencent reads an answer. Its status is 200 even if it is an error.
func readTencent(answer *http.Response, result any) error {
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxTencentAnswer))
	if err != nil {
		return fmt.Errorf("answer breaks off: %w", withoutURL(err))
	}
	var envelope struct {
		Response struct {
			Error     *struct{ Code string }
			RequestID string `json:"RequestId"`
		}
	}
	if err := json.Unmarshal(text, &envelope); err != nil || envelope.Response.RequestID == "" {
		return fmt.Errorf("answer with status %d is none of Tencent's API", answer.StatusCode)
	}
	if refusal := envelope.Response.Error; refusal != nil {
		return &tencentError{refusal.Code, envelope.Response.RequestID}
	}
	if result == nil {
		return nil
	}
	return json.Unmarshal(text, &struct{ Response any }{result})
}
