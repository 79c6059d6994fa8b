package stream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
)

const (
	// srsPage is how many entries are asked for at a time, maxPages how many times at most.
	srsPage  = 500
	maxPages = 100
	// maxSRSPage bounds an answer of the API in bytes.
	maxSRSPage = 4 << 20
	// srsGone is the code with which SRS says that there is no such client.
	srsGone = 2049
)

// errSRS is an answer that the API of SRS does not give.
var errSRS = errors.New("stream: srs: not an answer of its API")

// srsAPI is the HTTP API of SRS.
type srsAPI struct{ control }

func newSRSAPI(base string) srsAPI { return srsAPI{newControl(base)} }

// srsAnswer is what a request is answered with; which list there is depends on the request.
type srsAnswer struct {
	Code    *int        `json:"code"`
	Streams []srsStream `json:"streams"`
	Clients []srsClient `json:"clients"`
}

type srsStream struct {
	Name    string `json:"name"`
	App     string `json:"app"`
	Publish struct {
		Active bool   `json:"active"`
		Client string `json:"cid"`
	} `json:"publish"`
}

type srsClient struct {
	ID   string `json:"id"`
	Name string `json:"name"` // of the stream that it publishes or plays
}

// publishing returns the ids of the clients that publish, by the name of what they publish. Names that are not ours are
// left out.
func (a srsAPI) publishing(ctx context.Context) (map[string]string, error) {
	publishing := map[string]string{}
	err := a.pages(ctx, "streams", func(page srsAnswer) int {
		for _, s := range page.Streams {
			if _, err := parseName(s.Name); err == nil && s.App == app && s.Publish.Active {
				publishing[s.Name] = s.Publish.Client
			}
		}
		return len(page.Streams)
	})
	return publishing, err
}

// publisher returns the id of the client that publishes the name.
func (a srsAPI) publisher(ctx context.Context, name string) (string, error) {
	publishing, err := a.publishing(ctx)
	return publishing[name], err
}

// kick ends all clients that publish or play the name. They are listed to the end first, as the list moves when some go.
func (a srsAPI) kick(ctx context.Context, name string) error {
	var ids []string
	err := a.pages(ctx, "clients", func(page srsAnswer) int {
		for _, c := range page.Clients {
			if c.Name == name {
				ids = append(ids, c.ID)
			}
		}
		return len(page.Clients)
	})
	for _, id := range ids {
		err = errors.Join(err, a.end(ctx, id))
	}
	return err
}

// end ends one client. Its being gone already is as good.
func (a srsAPI) end(ctx context.Context, id string) error {
	answer, status, err := a.ask(ctx, http.MethodDelete, "/api/v1/clients/"+url.PathEscape(id))
	switch {
	case err != nil:
		return err
	case *answer.Code == 0 && status == http.StatusOK, *answer.Code == srsGone, status == http.StatusNotFound:
		return nil
	}
	return fmt.Errorf("status %d, code %d", status, *answer.Code)
}

// pages asks for a list to its end. took returns how many entries a page had.
func (a srsAPI) pages(ctx context.Context, list string, took func(srsAnswer) int) error {
	for page := range maxPages {
		query := url.Values{"start": {strconv.Itoa(page * srsPage)}, "count": {strconv.Itoa(srsPage)}}.Encode()
		answer, status, err := a.ask(ctx, http.MethodGet, "/api/v1/"+list+"/?"+query)
		switch {
		case err != nil:
			return err
		case status != http.StatusOK || *answer.Code != 0:
			return fmt.Errorf("status %d, code %d", status, *answer.Code)
		case took(answer) < srsPage:
			return nil
		}
	}
	return fmt.Errorf("%w: more than %d entries", errSRS, maxPages*srsPage)
}

// ask makes one request. The Code of the answer is there.
func (a srsAPI) ask(ctx context.Context, method, path string) (srsAnswer, int, error) {
	r, err := http.NewRequestWithContext(ctx, method, a.base+path, nil)
	if err != nil {
		return srsAnswer{}, 0, err
	}
	response, err := a.client.Do(r)
	if err != nil {
		return srsAnswer{}, 0, withoutURL(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxSRSPage+1))
	if err != nil {
		return srsAnswer{}, 0, err
	}
	var answer srsAnswer
	if len(body) > maxSRSPage || json.Unmarshal(body, &answer) != nil || answer.Code == nil {
		return srsAnswer{}, 0, fmt.Errorf("%w: status %d", errSRS, response.StatusCode)
	}
	return answer, response.StatusCode, nil
}
