package e2e_test

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	chart "helm.sh/helm/v4/pkg/chart/v2"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	chartutil "helm.sh/helm/v4/pkg/chart/v2/util"
	"helm.sh/helm/v4/pkg/registry"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/test/e2e/actors"
)

// TestAHelmReleaseIsDeployedForEachPullRequest plays two recipes, as they stand, with
// a chart that was pushed to Git and to a registry.
func TestAHelmReleaseIsDeployedForEachPullRequest(t *testing.T) {
	for _, recipe := range []struct {
		title, name string
		publish     func(*testing.T, *chart.Chart)
	}{
		{"A HelmRelease for each preview", "api-git", commitChart},
		{"A HelmRelease whose chart is in a registry", "api-oci", pushChart},
	} {
		t.Run(recipe.title, func(t *testing.T) {
			recipe.publish(t, applicationChart(t))
			playRecipe(t, recipe.title, recipe.name)
			pr := open(t, recipe.title)
			release := pr.Name(recipe.name)

			t.Run("the commit that CI has built is released", func(t *testing.T) {
				must(t, world.CI(t.Context(), pr))
				poll(t)
				expect(t, world.Released(release, pr))
			})
			t.Run("a push upgrades it", func(t *testing.T) {
				pr = push(t, pr, "Another look")
				must(t, world.CI(t.Context(), pr))
				poll(t)
				expect(t, world.Released(release, pr))
			})
			t.Run("closed, it is uninstalled", func(t *testing.T) {
				must(t, world.Forge.Close(t.Context(), pr))
				poll(t)
				expect(t, world.Uninstalled(release))
			})
		})
	}
}

// applicationChart is the chart, without pods where none can run.
func applicationChart(t *testing.T) *chart.Chart {
	t.Helper()
	loaded, err := loader.LoadDir(filepath.Join("testdata", "chart"))
	must(t, err)
	if world.System.Node == nil {
		for _, file := range loaded.Raw {
			file.Data = []byte(strings.ReplaceAll(string(file.Data), "replicas: 1", "replicas: 0"))
		}
		loaded.Values["replicas"] = 0
	}
	return loaded
}

// commitChart puts the chart into the repository that the recipe names.
func commitChart(t *testing.T, of *chart.Chart) {
	t.Helper()
	files := map[string]string{}
	for _, file := range of.Raw {
		files["charts/api/"+file.Name] = string(file.Data)
	}
	must(t, world.Forge.AddToFleet(t.Context(), "Add the chart", files))
	must(t, world.Apply(t.Context(), `
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {name: fleet, namespace: app-dev}
spec: {interval: 1m, url: `+world.Forge.FleetURL()+`, ref: {branch: main}}
`))
}

// pushChart does what helm push does, and creates the source of the recipe.
func pushChart(t *testing.T, of *chart.Chart) {
	t.Helper()
	archive, err := chartutil.Save(of, t.TempDir())
	must(t, err)
	content, err := os.ReadFile(archive)
	must(t, err)
	helm, err := registry.NewClient(registry.ClientOptPlainHTTP())
	must(t, err)
	repository := world.System.Registry.Host + "/charts/" + of.Name()
	_, err = helm.Push(content, repository+":"+of.Metadata.Version)
	must(t, err)
	source := document(t, "A HelmRelease whose chart is in a registry", "OCIRepository")
	must(t, world.Apply(t.Context(), strings.Replace(source, "oci://registry.example.com/charts/api", "oci://"+repository+"\n  insecure: true", 1)))
}

// playRecipe creates the set of a recipe beside the one of all tests: its own name
// and that of its objects begin with name.
func playRecipe(t *testing.T, title, name string) {
	t.Helper()
	set := strings.NewReplacer("api-pr-envs", name, "api-pr-", name+"-").Replace(document(t, title, "ResourceSet"))
	must(t, world.Apply(t.Context(), set))
	t.Cleanup(func() {
		object := &v1.ResourceSet{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: actors.Namespace}}
		if err := world.Kube.Delete(context.Background(), object); client.IgnoreNotFound(err) != nil {
			t.Error(err)
		}
	})
}

// document is the one of a kind in a section of the recipes.
func document(t *testing.T, section, kind string) string {
	t.Helper()
	page, err := os.ReadFile(filepath.Join(world.Programs.Root, "docs", "recipes.md"))
	must(t, err)
	_, rest, found := strings.Cut(string(page), "\n## "+section+"\n")
	text, _, _ := strings.Cut(rest, "\n## ")
	block := regexp.MustCompile("(?s)```yaml\n(apiVersion: [^\n]+\nkind: " + kind + "\n.*?)```").FindStringSubmatch(text)
	if !found || block == nil {
		t.Fatalf("the recipe %q has no %s", section, kind)
	}
	return block[1]
}
