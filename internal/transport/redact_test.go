package transport_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/eddy-previews/eddy/internal/transport"
	"github.com/eddy-previews/eddy/test/forge"
)

func TestTheMessageOfAForgeIsToldOnOneLine(t *testing.T) {
	server := forge.Refusing(t, func(*http.Request) string { return "Bad\ncredentials\x1b[31m\u202etxt" })
	err := ask(t, transport.Config{URL: server.URL})
	if err == nil || !strings.Contains(err.Error(), "(Bad credentials [31mtxt)") {
		t.Errorf("got %q", err)
	}
}
