package transport

import (
	"bytes"
	"encoding/json"
	"mime"
	"net/http"
	"strings"
)

// Dialect is how the answers of a forge differ from those of most.
type Dialect struct {
	// Asks tells a request that reads, whatever its method; nil for that of GET
	// and HEAD.
	Asks func(*http.Request) bool
	// Accepts tells a good answer of a success; nil for JSON.
	Accepts func(h http.Header, body []byte) bool
	// Says reads what the documentation of a forge calls the message of an error;
	// nil repeats nothing.
	Says func(body []byte) string
	// Means reads which error the body of another answer means; nil, or a nil
	// error, leaves it to the status.
	Means func(body []byte) error
}

func (d Dialect) isQuestion(req *http.Request) bool {
	if d.Asks != nil {
		return d.Asks(req)
	}
	return req.Method == http.MethodGet || req.Method == http.MethodHead
}

// isJSON accepts what says something.
func isJSON(_ http.Header, body []byte) bool {
	return json.Valid(body) && !isNull(body)
}

func isNull(body []byte) bool { return string(bytes.TrimSpace(body)) == "null" }

// describe says in two words what came instead of JSON.
func describe(answer *Answer) string {
	switch {
	case len(bytes.TrimSpace(answer.Text)) == 0:
		return "an empty body"
	case isNull(answer.Text):
		return "null"
	case strings.Contains(answer.Header.Get("Content-Type"), "html"):
		return "a web page"
	default:
		return "broken or truncated text"
	}
}

// ClaimsJSON reports whether an answer says of itself that it is JSON.
func ClaimsJSON(h http.Header) bool {
	kind, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	return err == nil && (kind == "application/json" || strings.HasSuffix(kind, "+json") || strings.HasPrefix(kind, "application/x-amz-json-"))
}

// Field returns a function that reads the first of some fields that is a text.
func Field(names ...string) func(body []byte) string {
	return func(body []byte) string {
		var said map[string]any
		_ = json.Unmarshal(body, &said) // what is no object has no fields
		for _, name := range names {
			if text, ok := said[name].(string); ok && text != "" {
				return text
			}
		}
		return ""
	}
}
