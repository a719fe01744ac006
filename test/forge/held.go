package forge

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/http/httptest"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/google/uuid"
)

// request tells what a vendor would not have understood of a request: its
// method, its path, parameters that are wrong, missing or unknown, its body.
func (c *contract) request(r *http.Request) error {
	asked, err := c.find(r.Method, r.URL.EscapedPath())
	if err != nil {
		return err
	}
	input := &openapi3filter.RequestValidationInput{
		Request: r, PathParams: asked.values, QueryParams: r.URL.Query(),
		Route: &routers.Route{Operation: asked.Operation, PathItem: &openapi3.PathItem{}},
	}
	var problems []error
	known := slices.Concat(asked.shared, asked.Parameters)
	for _, parameter := range known {
		problems = append(problems, openapi3filter.ValidateParameter(r.Context(), input, parameter.Value))
	}
	for name := range r.URL.Query() {
		if known.GetByInAndName(openapi3.ParameterInQuery, name) == nil {
			problems = append(problems, fmt.Errorf("the parameter %q is not described", name))
		}
	}
	problems = append(problems, c.body(r, asked, input))
	if err := errors.Join(problems...); err != nil {
		return fmt.Errorf("%s %s: %w", r.Method, r.URL, err)
	}
	return nil
}

// body tells what is wrong with the body of a request, which stays to be read.
func (c *contract) body(r *http.Request, asked operation, input *openapi3filter.RequestValidationInput) error {
	body, err := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	switch {
	case err != nil || asked.RequestBody == nil && len(body) == 0:
		return err
	case asked.RequestBody == nil:
		return errors.New("no body is described")
	case !asked.RequestBody.Value.Required && c.excuses.nullBody && string(bytes.TrimSpace(body)) == "null":
		return nil
	}
	err = openapi3filter.ValidateRequestBody(r.Context(), input, asked.RequestBody.Value)
	r.Body = io.NopCloser(bytes.NewReader(body))
	return err
}

// answer tells what a vendor would not have answered to a request.
func (c *contract) answer(r *http.Request, answered *httptest.ResponseRecorder) error {
	asked, err := c.find(r.Method, r.URL.EscapedPath())
	if err != nil {
		return nil //nolint:nilerr // that is a mistake of who asked, and was told
	}
	if err := c.judge(asked, answered); err != nil {
		return fmt.Errorf("%s %s is answered with %d: %w", r.Method, r.URL, answered.Code, err)
	}
	return nil
}

func (c *contract) judge(asked operation, answered *httptest.ResponseRecorder) error {
	described := asked.Responses.Status(answered.Code)
	body := answered.Body.Bytes()
	excused, general := c.excuses.statuses[answered.Code]
	switch {
	case described == nil && !general:
		return errors.New("the status is not described")
	case described == nil:
		return c.hold(excused, answered.Header(), body)
	case answered.Code == http.StatusNotModified:
		return none(body)
	}
	media := described.Value.Content.Get("application/json")
	switch {
	case media != nil:
		return c.hold(media.Schema.Value, answered.Header(), body)
	case general:
		return c.hold(excused, answered.Header(), body)
	default:
		return none(body)
	}
}

// none wants an answer without a body.
func none(body []byte) error {
	if len(body) > 0 {
		return errors.New("it has a body, and none is described")
	}
	return nil
}

// hold compares JSON with its description; nil describes no body. What stood
// once is not looked at again: requests are listed over and over.
func (c *contract) hold(schema *openapi3.Schema, header http.Header, body []byte) error {
	if schema == nil {
		return none(body)
	}
	if kind, _, err := mime.ParseMediaType(header.Get("Content-Type")); err != nil || kind != "application/json" {
		return fmt.Errorf("the content type is %q", header.Get("Content-Type"))
	}
	if schema.Type.Is(openapi3.TypeArray) && c.excuses.listed != nil {
		schema = c.excuses.listed(schema)
	}
	var items []json.RawMessage
	if schema.Type.Is(openapi3.TypeArray) && json.Unmarshal(body, &items) == nil {
		for n, item := range items {
			if err := c.once(schema.Items.Value, item); err != nil {
				return fmt.Errorf("[%d]: %w", n, err)
			}
		}
		return nil
	}
	return c.once(schema, body)
}

// version is a text, and what it was held to.
type version struct {
	schema *openapi3.Schema
	digest [sha256.Size]byte
}

func (c *contract) once(schema *openapi3.Schema, text []byte) error {
	this := version{schema, sha256.Sum256(text)}
	if _, stood := c.passed.Load(this); stood {
		return nil
	}
	var value any
	if err := json.Unmarshal(text, &value); err != nil {
		return err
	}
	if err := schema.VisitJSON(value, openapi3.VisitAsResponse(), openapi3.MultiErrors(), openapi3.DisableSchemaErrorDetails(),
		openapi3.WithStringFormatValidator("uuid", openapi3.NewCallbackValidator(uuid.Validate))); err != nil {
		return err
	}
	c.passed.Store(this, true)
	return nil
}
