package remote

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/eddy-previews/eddy/internal/transport"
)

// errPlain is a way that leads to plain HTTP.
var errPlain = errors.New("leads to plain http, where anybody on the way could change what comes: name what it leads to by https://")

// client asks over https, without any credentials: it has no cookies, and nobody
// looks for a netrc.
func (f *Fetcher) client() *http.Client {
	return &http.Client{
		Transport: f,
		CheckRedirect: func(req *http.Request, via []*http.Request) error {
			if len(via) > maxRedirects {
				return fmt.Errorf("is sent on more than %d times", maxRedirects)
			}
			return secure(req)
		},
	}
}

func secure(req *http.Request) error {
	if req.URL.Scheme != "https" {
		return errPlain
	}
	if req.URL.User != nil {
		return errors.New("leads to an address with a login in it, and nobody logs in")
	}
	return nil
}

// RoundTrip asks, and counts what comes. It is for the client that Fetcher has.
func (f *Fetcher) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := secure(req); err != nil {
		return nil, err
	}
	res, err := f.Transport.RoundTrip(req)
	if errors.Is(err, transport.ErrNetwork) {
		return nil, fmt.Errorf("%w: nothing is fetched from there, as what only this machine reaches is nobody's base: copy it into the repository", err)
	}
	if err != nil {
		return nil, err
	}
	res.Body = &metered{ReadCloser: res.Body, fetcher: f}
	return res, nil
}

// metered is a body that ends with an error where the limit is. What a server has
// packed is counted as it is unpacked.
type metered struct {
	io.ReadCloser
	fetcher *Fetcher
}

func (m *metered) Read(p []byte) (int, error) {
	n, err := m.ReadCloser.Read(p)
	if most := m.fetcher.Limits.Received; m.fetcher.received.Add(int64(n)) > most {
		return 0, fmt.Errorf("more than %d MiB %w", most>>20, errTooMuch)
	}
	return n, err
}

var errTooMuch = errors.New("come, which is as much as all may be that is fetched: copy what is needed into the repository")

// get returns the text of a plain file.
func (f *Fetcher) get(ctx context.Context, from string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, from, nil)
	if err != nil {
		return nil, err
	}
	res, err := f.client().Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close() //nolint:errcheck // nothing was written
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the server says %d %s", res.StatusCode, http.StatusText(res.StatusCode))
	}
	text, err := io.ReadAll(io.LimitReader(res.Body, maxFile+1))
	if err == nil && len(text) > maxFile {
		err = fmt.Errorf("it is larger than %d MiB, which is as much as is read of a file", maxFile>>20)
	}
	return text, err
}
