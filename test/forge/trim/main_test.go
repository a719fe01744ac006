package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestADescriptionThatIsTrimmedStaysAsItIs(t *testing.T) {
	files, err := filepath.Glob("../descriptions/*/*.json")
	if err != nil || len(files) < 3 {
		t.Fatalf("found %v, %v", files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if err := run([]string{file}, bytes.NewReader(text), &out); err != nil {
			t.Error(err)
		}
		if out.String() != string(text) {
			t.Errorf("%s is not as trim writes it", file)
		}
	}
}

func TestWhatIsNotAskedForAndProseAreLeftOut(t *testing.T) {
	kept := filepath.Join(t.TempDir(), "kept.json")
	if err := os.WriteFile(kept, []byte(`{"paths": {"/a": {"get": {}}}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	const whole = `{"openapi": "3.0.3", "info": {"title": "API"}, "tags": [], "paths": {
		"/a": {"post": {}, "get": {"summary": "Get a", "responses": {"200": {"description": "OK", "schema": {"$ref": "#/definitions/A"}}}}},
		"/b": {"get": {}}},
		"definitions": {"B": {}, "A": {"description": "an A", "properties": {"title": {"type": "string", "title": "T"}, "more": {"$ref": "#/definitions/A"}}}}}`
	const want = `{"definitions":{"A":{"properties":{"more":{"$ref":"#/definitions/A"},"title":{"type":"string"}}}},` +
		`"info":{"title":"API"},"openapi":"3.0.3","paths":{"/a":{"get":{"responses":{"200":{"description":"","schema":{"$ref":"#/definitions/A"}}}}}}}`
	var out bytes.Buffer
	if err := run([]string{kept}, strings.NewReader(whole), &out); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(strings.Fields(out.String()), ""); got != want {
		t.Errorf("got %s", got)
	}
	if err := run([]string{kept}, strings.NewReader(`{"paths": {}}`), &out); err == nil || !strings.Contains(err.Error(), "GET /a is not described any more") {
		t.Error(err)
	}
}
