package overlay_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	kustomizev1 "github.com/fluxcd/kustomize-controller/api/v1"

	"github.com/eddy-previews/eddy/internal/overlay"
)

// bomb is a text whose aliases come to 10^9 values.
func bomb() string {
	out := "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: bomb}\na0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
	for n := 1; n < 9; n++ {
		out += fmt.Sprintf("a%d: &a%d [%s]\n", n, n, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", n-1), 10), ", "))
	}
	return out
}

// What is in the place of odd.yaml ends with an error that says what it is, both
// where a kustomization.yaml names it and where Flux takes in all that is there.
func TestWhatIsNoFileEndsWithAnError(t *testing.T) {
	write := func(text string) func(string) error {
		return func(name string) error { return os.WriteFile(name, []byte(text), 0o600) }
	}
	link := func(to string) func(string) error { return func(name string) error { return os.Symlink(to, name) } }
	for claim, test := range map[string]struct {
		create func(name string) error
		words  string
	}{
		"a pipe":             {func(name string) error { return syscall.Mkfifo(name, 0o600) }, "a pipe"},
		"a link to a device": {link("/dev/zero"), "leads out"},
		"a link out":         {link("/etc/passwd"), "leads out"},
		"a link to itself":   {link("odd.yaml"), "too many links"},
		"a link to /proc":    {link("/proc/self/environ"), "leads out"},
		"a sparse gigabyte": {func(name string) error {
			if err := os.WriteFile(name, nil, 0o600); err != nil {
				return err
			}
			return os.Truncate(name, 1<<30)
		}, "larger than 10 MiB"},
		"aliases of aliases": {write(bomb()), "aliases come to more than"},
		"an endless alias":   {write("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: &a {b: *a}\n"), "an alias of itself"},
	} {
		for _, kustomization := range []string{"", "-- app/kustomization.yaml --\nresources: [own.yaml, odd.yaml]\n"} {
			root := repository(t, ownFile+kustomization)
			if err := test.create(filepath.Join(root, "app", "odd.yaml")); err != nil {
				t.Fatal(err)
			}
			_, err := overlay.Build(context.Background(), root, "app", kustomizev1.Kustomization{})
			if err == nil || !strings.Contains(err.Error(), test.words) {
				t.Errorf("%s: %v does not say %q", claim, err, test.words)
			}
		}
	}
}

// Each layer builds twice upon the next, which kustomize does anew each time.
func TestABaseThatIsBuiltAMillionTimesIsRefused(t *testing.T) {
	archive := ownFile + "-- app/kustomization.yaml --\nresources: [../a0, ../b0]\n"
	for n := range 30 {
		for _, name := range []string{"a", "b"} {
			archive += fmt.Sprintf("-- %s%d/kustomization.yaml --\nnamePrefix: %[1]s\nresources: [../a%[3]d, ../b%[3]d]\n", name, n, n+1)
		}
	}
	archive += "-- a30/kustomization.yaml --\nnamePrefix: a\n-- b30/kustomization.yaml --\nnamePrefix: b\n"
	if _, err := buildApp(t, archive); err == nil || !strings.Contains(err.Error(), "would read more than") {
		t.Errorf("got %v", err)
	}
}

// Kustomize breaks off at these.
func TestWhatKustomizeDoesNotExpectIsAnError(t *testing.T) {
	t.Parallel()
	const object = "apiVersion: v1\nkind: ConfigMap\ndata: {key: value}\nmetadata: {name: own, annotations: %s}\n"
	const variable = "-- app/kustomization.yaml --\nresources: [own.yaml]\nvars: [{name: X, objref: {kind: ConfigMap, name: own, apiVersion: v1}}]\n-- app/own.yaml --\n"
	for claim, archive := range map[string]string{
		"annotations that are a list": variable + fmt.Sprintf(object, "[null]"),
		"an annotation that is a map": variable + fmt.Sprintf(object, "{'': {}}"),
		"an image that is no pattern": "-- app/kustomization.yaml --\nresources: [pod.yaml]\nimages: [{name: '[', newTag: b}]\n-- app/pod.yaml --\napiVersion: v1\nkind: Pod\nmetadata: {name: own}\nspec: {containers: [{name: a, image: 'a:b'}]}\n",
	} {
		_, err := overlay.Build(context.Background(), repository(t, archive), "app", kustomizev1.Kustomization{})
		if err == nil || !strings.Contains(err.Error(), `building "app": kustomize does not get to the end of it`) {
			t.Errorf("%s: %v", claim, err)
		}
	}
}
