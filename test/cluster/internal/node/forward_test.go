package node_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/eddy-previews/eddy/test/cluster/internal/node"
)

func TestForwardReachesTheServerBehindUntilItsContextEnds(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "the API server")
	}))
	defer server.Close()
	ctx, cancel := context.WithCancel(t.Context())
	from := freeAddress(t)
	if err := node.Forward(ctx, from, server.Listener.Addr().String()); err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	if body, err := fetch(t, client, from); err != nil || body != "the API server" {
		t.Errorf("got %q (%v)", body, err)
	}
	cancel()
	for {
		// The listener closes a moment after its context.
		if _, err := fetch(t, client, from); err != nil {
			return
		}
	}
}

func fetch(t *testing.T, client *http.Client, address string) (string, error) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address, nil)
	if err != nil {
		return "", err
	}
	response, err := client.Do(request)
	if err != nil {
		return "", err
	}
	defer func() { _ = response.Body.Close() }() // only read
	body, err := io.ReadAll(response.Body)
	return string(body), err
}

func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }() // it goes with the test
	return listener.Addr().String()
}
