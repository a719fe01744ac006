package overlay_test

import (
	"reflect"
	"strings"
	"testing"

	fluxkustomize "github.com/fluxcd/pkg/kustomize"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// vettedFields are the fields of a kustomization.yaml that name files, folders or
// what is elsewhere. remote_test.go has each of them.
var vettedFields = []string{
	"openapi", "patchesStrategicMerge", "patchesJson6902.path", "patches.path", "replacements.path",
	"resources", "bases", "components", "crds", "configurations", "generators", "transformers", "validators",
	"configMapGenerator.files", "configMapGenerator.envs", "configMapGenerator.env",
	"secretGenerator.files", "secretGenerator.envs", "secretGenerator.env",
	"helmGlobals", "helmCharts", "helmChartInflationGenerator",
}

// plainFields are those that are text, or settings: kustomize looks for no file of
// their name.
var plainFields = []string{
	"kind", "apiVersion", "metadata", "namePrefix", "nameSuffix", "namespace", "commonLabels", "labels", "commonAnnotations",
	"patchesJson6902", "patches", "images", "imageTags", "replacements", "replicas", "vars", "sortOptions",
	"configMapGenerator", "secretGenerator", "generatorOptions", "buildMetadata",
}

// A field that a newer kustomize has is not in the tables, and this test fails
// until somebody has looked whether it names files.
func TestEveryFieldOfAKustomizationHasBeenConsidered(t *testing.T) {
	known := map[string]bool{}
	for _, field := range append(vettedFields, plainFields...) {
		known[field] = true
	}
	seen := map[string]bool{}
	var visit func(of reflect.Type, path string)
	visit = func(of reflect.Type, path string) {
		for of.Kind() == reflect.Pointer || of.Kind() == reflect.Slice {
			of = of.Elem()
		}
		if of.Kind() != reflect.Struct {
			return
		}
		for i := range of.NumField() {
			field := of.Field(i)
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			if name == "" && field.Anonymous {
				visit(field.Type, path)
				continue
			}
			full := strings.TrimPrefix(path+"."+name, ".")
			// Below a field that is plain, what is not of a name that could be a file's is plain.
			odd := path == "" || mayNameFiles(name)
			if odd && !known[full] {
				t.Errorf("nobody has said of %s whether it names files: see copy in vet.go", full)
			}
			seen[full] = true
			if !contains(vettedFields, full) && !contains([]string{"images", "replicas", "labels", "metadata", "vars", "sortOptions"}, full) {
				visit(field.Type, full)
			}
		}
	}
	visit(reflect.TypeFor[types.Kustomization](), "")
	for field := range known {
		if !seen[field] {
			t.Errorf("there is no field %s", field)
		}
	}
}

// mayNameFiles reports whether a field is called as those are that name files.
func mayNameFiles(name string) bool {
	lower := strings.ToLower(name)
	for _, word := range []string{"file", "path", "env", "url", "repo", "dir", "home", "command"} {
		if strings.Contains(lower, word) && lower != "fieldpath" && lower != "fieldpaths" {
			return true
		}
	}
	return false
}

func contains(list []string, text string) bool {
	for _, item := range list {
		if item == text {
			return true
		}
	}
	return false
}

// What the other tests are worth: kustomize by itself walks into the trap.
func TestKustomizeByItselfFetches(t *testing.T) {
	for field, which := range map[string]int{"transformers": 8, "resources": 8, "configMapGenerator.files": 0} {
		trap := newTrap(t)
		text, _ := remoteFields[field].filled(trap.addresses()[which : which+1])
		root := repository(t, ownFile+"-- app/kustomization.yaml --\n"+text)
		_, _ = fluxkustomize.Build(filesys.MakeFsOnDisk(), root+"/app")
		if !trap.caught() {
			t.Errorf("%s: nobody came", field)
		}
	}
}
