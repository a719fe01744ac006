package source_test

import (
	"context"
	"errors"
	"testing"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/source"
	"github.com/eddy-previews/eddy/internal/transport"
)

func TestAnArtifactIsItsLabelsAndItsRevision(t *testing.T) {
	artifacts, err := source.New(source.Config{
		Type: v1.InputProviderExternalArtifact,
		Artifacts: func(context.Context) ([]source.Artifact, error) {
			return []source.Artifact{
				{Namespace: "b", Name: "api", Revision: "main@sha1:c0ffee", Labels: map[string]string{"team": "x", "name": "never"}},
				{Namespace: "a", Name: "api"},
				{Namespace: "b", Name: "api", Revision: "main@sha1:c0ffee"},
			}, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	items := list(t, artifacts)
	if len(items) != 2 || items[0].Name != "a/api" || items[1].Name != "b/api" {
		t.Fatalf("listed %+v", items)
	}
	for key, want := range map[string]string{"team": `"x"`, "name": `"api"`, "namespace": `"b"`, "revision": `"main@sha1:c0ffee"`} {
		if got := string(items[1].Values[key].Raw); got != want {
			t.Errorf("%s is %s, want %s", key, got, want)
		}
	}
	if _, there := items[0].Values["revision"]; there {
		t.Error("an artifact that offers nothing has a revision")
	}
	if _, err := artifacts.Lookup(context.Background(), "c/api"); !errors.Is(err, transport.ErrNotFound) {
		t.Errorf("looking up: %v", err)
	}
}

func TestWithoutAClusterThereAreNoArtifacts(t *testing.T) {
	if _, err := source.New(source.Config{Type: v1.InputProviderExternalArtifact}); !errors.Is(err, source.ErrUnsupported) {
		t.Errorf("got %v", err)
	}
}
