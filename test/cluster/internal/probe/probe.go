// Package probe asks a process over HTTP whether it is ready.
package probe

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"time"
)

// timeout is shorter than the supervisor's patience with one probe; the
// supervisor then asks again.
const timeout = 4 * time.Second

// Probe returns nil when a process is ready.
type Probe func(ctx context.Context) error

// HTTP wants the answer 200 of a page.
func HTTP(url string) Probe {
	return get(&http.Client{Timeout: timeout}, url)
}

// SelfSigned is HTTP for the health page of a process on 127.0.0.1 that has
// signed its own certificate. It carries no secret and trusts no answer with
// more than "is it up".
func SelfSigned(url string) Probe {
	return get(&http.Client{
		Timeout: timeout,
		Transport: &http.Transport{
			TLSClientConfig:   &tls.Config{InsecureSkipVerify: true}, //nolint:gosec // see above
			DisableKeepAlives: true,
		},
	}, url)
}

func get(client *http.Client, url string) Probe {
	return func(ctx context.Context) error {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		response, err := client.Do(request)
		if err != nil {
			return err
		}
		defer func() { _ = response.Body.Close() }() // only read
		body, err := io.ReadAll(io.LimitReader(response.Body, 256))
		if err != nil {
			return err
		}
		if response.StatusCode != http.StatusOK {
			return fmt.Errorf("%s answers %s: %s", url, response.Status, body)
		}
		return nil
	}
}
