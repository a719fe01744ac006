package transport

import (
	"bytes"
	"context"
	"io"
	"net/http"

	"github.com/eddy-previews/eddy/internal/lru"
)

// maxOnce bounds what is remembered within one context of Once, in bytes.
const maxOnce = 16 << 20

type onceKey struct{}

type once = lru.Cache[By[question], *kept]

// Once returns a context in which the same is asked once: what was answered is answered
// again. It is for a few questions in a row about one thing, some of which read the same
// list for different reasons, and for nothing that is told in between.
func Once(ctx context.Context) context.Context {
	return context.WithValue(ctx, onceKey{}, lru.New[By[question], *kept](maxOnce))
}

// answered returns what was answered before in the context of a request; nil for nothing.
func answered(req *http.Request, asked By[question]) (*http.Response, error) {
	known, within := req.Context().Value(onceKey{}).(*once)
	if !within || req.Method != http.MethodGet {
		return nil, nil //nolint:nilnil // nothing is no error
	}
	found, is := known.Get(asked)
	if !is {
		return nil, nil //nolint:nilnil // as above
	}
	if err := meterOf(req.Context()).read(len(found.body)); err != nil {
		return nil, err
	}
	return &http.Response{
		Status: "200 OK", StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: req,
		Header: found.header.Clone(), ContentLength: int64(len(found.body)), Body: io.NopCloser(bytes.NewReader(found.body)),
	}, nil
}

// remember keeps a whole answer for the context of its request.
func remember(asked By[question], header http.Header, answer *Answer) {
	known, within := answer.Request.Context().Value(onceKey{}).(*once)
	if within && answer.Request.Method == http.MethodGet && answer.StatusCode == http.StatusOK {
		of := &kept{header: header.Clone(), body: answer.Text}
		known.Put(asked, of, of.size())
	}
}
