package source

import (
	"net/http"
	"strings"
	"testing"
)

func TestAnswersAreBoundedAndTheLeastUsedGoesFirst(t *testing.T) {
	a := newAnswers(1000)
	keep := func(name string, size int) {
		resp := &http.Response{Request: &http.Request{Method: http.MethodGet}, Header: http.Header{"Etag": {name}}}
		a.keep(requestFor(name), resp, []byte(strings.Repeat("x", size)))
	}
	keep("a", 200)
	keep("b", 200)
	keep("c", 200)
	a.find(requestFor("a"))
	keep("d", 200)
	for name, there := range map[string]bool{"a": true, "b": false, "c": true, "d": true} {
		if (a.find(requestFor(name)) != nil) != there {
			t.Errorf("%s is there: %v, want %v", name, !there, there)
		}
	}
	keep("d", 300)
	if a.size > a.max || len(a.known) != a.order.Len() {
		t.Errorf("%d bytes in %d answers", a.size, len(a.known))
	}
	keep("huge", 2000)
	if a.find(requestFor("huge")) != nil || a.find(requestFor("d")) == nil {
		t.Error("an answer that fits nowhere took the place of others")
	}
}

func requestFor(name string) request {
	var out request
	copy(out[:], name)
	return out
}
