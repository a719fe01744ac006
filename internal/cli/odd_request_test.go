package cli

import (
	"bytes"
	"context"
	"strings"
	"testing"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/test/forge"
)

func TestARequestThatCannotBeAnInputIsLeftOutWithAWarning(t *testing.T) {
	github := forge.NewGitHub(t)
	github.Open(forge.Request{})
	github.Open(forge.Request{Title: strings.Repeat("x", 1<<20)})
	provider := v1.ResourceSetInputProvider{Spec: v1.ResourceSetInputProviderSpec{Type: v1.InputProviderGitHubPullRequest, URL: github.URL}}
	provider.Name, provider.Namespace = "prs", "app-dev"
	providers, said := []v1.ResourceSetInputProvider{provider}, &bytes.Buffer{}
	o := &buildPreview{Streams: Streams{Err: said}, FromForge: true, Token: forge.Token}
	if err := o.export(context.Background(), providers, &objects{}); err != nil {
		t.Fatal(err)
	}
	if exported := providers[0].Status.ExportedInputs; len(exported) != 1 || string(exported[0]["id"].Raw) != `"1"` {
		t.Errorf("it exports %d inputs", len(exported))
	}
	if !strings.HasPrefix(said.String(), "Warning: request 2 is left out: ") {
		t.Errorf("it says %q", said)
	}
	o.Request.Number = "2"
	if err := o.export(context.Background(), providers, &objects{}); err == nil || !strings.Contains(err.Error(), "request 2 is not an input: ") {
		t.Errorf("alone it ends with %v", err)
	}
}
