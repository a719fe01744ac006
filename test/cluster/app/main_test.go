package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestPageTellsWhichPreviewItIs(t *testing.T) {
	response := get(t, "/")
	for _, part := range []string{"change &lt;one&gt;", `href="https://api-1.preview.example.com"`, "api-1-abc"} {
		if !strings.Contains(response.Body.String(), part) {
			t.Errorf("the page lacks %q:\n%s", part, response.Body)
		}
	}
}

func TestHealthIsOKAndTheRestIsNotFound(t *testing.T) {
	for path, want := range map[string]int{"/healthz": http.StatusOK, "/": http.StatusOK, "/else": http.StatusNotFound} {
		if got := get(t, path).Code; got != want {
			t.Errorf("%s answers %d, want %d", path, got, want)
		}
	}
}

func get(t *testing.T, path string) *httptest.ResponseRecorder {
	t.Helper()
	response := httptest.NewRecorder()
	request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
	handler(content{
		Message: "change <one>", PublicURL: "https://api-1.preview.example.com", Hostname: "api-1-abc",
	}).ServeHTTP(response, request)
	return response
}
