package examples_test

import (
	"flag"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	kustomizev1 "github.com/fluxcd/kustomize-controller/api/v1"
	appsv1 "k8s.io/api/apps/v1"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/input"
	"github.com/eddy-previews/eddy/internal/overlay"
	"github.com/eddy-previews/eddy/internal/render"
	"github.com/eddy-previews/eddy/internal/scaffold"
)

var update = flag.Bool("update", false, "write the folder by-image")

// byImage is the folder in which requests wait for an image in the place of a label.
const byImage = "by-image"

// derived are the files of a forge in that folder, by their names there: what `eddy init`
// writes for the service of the examples.
func derived(t *testing.T, forge forge) map[string]string {
	t.Helper()
	setup, err := scaffold.Derive(t.Context(), scaffold.Answers{
		Gate: scaffold.GateImage, Forge: forge.folder, Service: "api", Root: "fleet", Base: "clusters/base/api", FluxPath: "clusters/eks",
		URL:   decode[v1.ResourceSetInputProvider](t, read(t, forge.folder, "provider.yaml")).Spec.URL,
		Image: "registry.example.com/api", Domain: "preview.example.com", Namespace: "app-dev",
	})
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, file := range setup.Files {
		switch name := path.Base(file.Path); {
		case name == "provider.yaml", name == "resourceset.yaml":
			out[name] = file.Text
		case strings.Contains(file.Text, "docker push") && path.Ext(name) != ".sh":
			out[forge.ci] = file.Text
		}
	}
	return out
}

func TestTheExamplesByImageAreWhatInitWrites(t *testing.T) {
	for _, forge := range forges {
		t.Run(forge.folder, func(t *testing.T) {
			files := derived(t, forge)
			if len(files) != 3 {
				t.Fatalf("there are %d files, and not provider, ResourceSet and CI", len(files))
			}
			for name, text := range files {
				at := filepath.Join(byImage, forge.folder, name)
				if *update {
					if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil { //nolint:gosec // it is for all to read
						t.Fatal(err)
					}
					if err := os.WriteFile(at, []byte(text), 0o644); err != nil { //nolint:gosec // as above
						t.Fatal(err)
					}
				}
				if read(t, at) != text {
					t.Errorf("%s is another: go test ./examples -run ByImage -update", at)
				}
				if strings.Contains(text, "image-ready") {
					t.Errorf("%s has the label", at)
				}
			}
		})
	}
}

func TestByImageWhatWasProvedIsWhatRuns(t *testing.T) {
	const digest = "sha256:c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00"
	for _, forge := range forges {
		t.Run(forge.folder, func(t *testing.T) {
			provider := read(t, byImage, forge.folder, "provider.yaml")
			admitted(t, object(t, provider))
			gate := decode[v1.ResourceSetInputProvider](t, provider).Spec.Gate
			if gate == nil || len(gate.Images) != 1 {
				t.Fatal("the provider asks for no image")
			}
			set := decode[v1.ResourceSet](t, read(t, byImage, forge.folder, "resourceset.yaml"))
			program, err := render.Compile(set)
			if err != nil {
				t.Fatal(err)
			}
			preview, err := program.Render(t.Context(), input.Set{
				Provider: input.Provider{APIVersion: "fluxcd.controlplane.io/v1", Kind: v1.ResourceSetInputProviderKind, Name: "api-prs", Namespace: "app-dev"},
				Values: map[string]any{"id": "1234", "sha": sha, "images": map[string]any{gate.Images[0].Name: map[string]any{
					"repository": gate.Images[0].Repository, "tag": "pr-1234", "digest": digest, "ref": gate.Images[0].Repository + "@" + digest,
				}}},
			})
			if err != nil || preview.Err != nil || len(preview.Objects) != 1 {
				t.Fatalf("rendered are %d objects: %v, %v", len(preview.Objects), err, preview.Err)
			}
			admitted(t, preview.Objects[0].Unstructured)
			typed := convert[kustomizev1.Kustomization](t, preview.Objects[0].Unstructured)
			built, err := overlay.Build(t.Context(), "fleet", template, *typed)
			if err != nil {
				t.Fatal(err)
			}
			for _, object := range built.Objects {
				if object.GetKind() == "Deployment" {
					got := convert[appsv1.Deployment](t, object).Spec.Template.Spec.Containers[0].Image
					equal(t, got, "registry.example.com/api@"+digest)
				}
			}
		})
	}
}
