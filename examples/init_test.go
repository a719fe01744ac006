package examples_test

import (
	"path"
	"strings"
	"testing"

	"github.com/eddy-previews/eddy/internal/scaffold"
)

// What `eddy init` derives from this folder is as good as this folder.
func TestWhatInitWritesIsAdmitted(t *testing.T) {
	urls := map[string]string{
		"azure-devops": "https://dev.azure.com/acme/shop/_git/cart", "gitea": "https://git.acme.io/shop/cart",
		"github": "https://github.com/acme/cart", "gitlab": "https://gitlab.com/acme/cart",
		"bitbucket": "https://bitbucket.org/acme/cart", "bitbucket-data-center": "https://git.acme.io/projects/SHOP/repos/cart",
	}
	for n := range 2 * len(scaffold.Forges()) {
		forge, gate := scaffold.Forges()[n/2], []string{"", scaffold.GateImage}[n%2]
		t.Run(forge+" "+gate, func(t *testing.T) {
			setup, err := scaffold.Derive(t.Context(), scaffold.Answers{
				Gate: gate, Forge: forge, URL: urls[forge], Service: "cart", Root: "fleet", Base: "clusters/base/api",
				FluxPath: "clusters/prod", Image: "registry.example.com/api", Domain: "preview.acme.io", Namespace: "shop",
			})
			if err != nil {
				t.Fatal(err)
			}
			admittedFiles := 0
			for _, file := range setup.Files {
				if !isManifest(file.Path) {
					continue
				}
				admittedFiles++
				t.Run(file.Path, func(t *testing.T) { admitted(t, object(t, file.Text)) })
			}
			if admittedFiles != 6 {
				t.Errorf("%d files are for the cluster, want provider, ResourceSet, Secret, Namespace and two Kustomizations", admittedFiles)
			}
		})
	}
}

// isManifest reports whether a file is an object for a cluster as it stands.
func isManifest(name string) bool {
	ours := strings.Contains(name, "/previews/") && !strings.Contains(name, "/.") && !strings.Contains(name, "pipelines") && !strings.HasSuffix(name, "-ci.yml") && path.Ext(name) != ".sh"
	shared := !strings.Contains(name, "/apps/")
	return (ours || shared) && path.Base(name) != "kustomization.yaml"
}
