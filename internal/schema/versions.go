package schema

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

// Newest is the version of Flux that is taken where none is known.
const Newest = "2.9"

// Versions are those of Flux whose kinds are known, oldest first.
func Versions() []string { return []string{"2.7", "2.8", Newest} }

// VersionOf makes of a version of Flux, such as v2.8.3 or 2.8, one that is known: for
// one that is older or newer than those, the nearest.
func VersionOf(text string) (string, error) {
	found := fluxVersion.FindStringSubmatch(strings.TrimSpace(text))
	if found == nil {
		return "", fmt.Errorf("%q is no version of Flux: expected one such as %s", text, Newest)
	}
	minor, err := strconv.Atoi(found[1])
	if err != nil {
		return "", fmt.Errorf("%q is no version of Flux: %w", text, err)
	}
	known := Versions()
	at := slices.IndexFunc(known, func(one string) bool { return minorOf(one) >= minor })
	if at < 0 {
		return Newest, nil
	}
	return known[at], nil
}

var fluxVersion = regexp.MustCompile(`^v?2\.(\d{1,6})(\.|-|\+|$)`)

func minorOf(version string) int {
	minor, _ := strconv.Atoi(strings.TrimPrefix(version, "2.")) // they are written above
	return minor
}

// Runs returns the version of Flux that an object says that a cluster runs, as one
// that is known; "" for all others. Such are the objects that flux bootstrap writes,
// and a FluxInstance.
func Runs(object *unstructured.Unstructured) string {
	labels := object.GetLabels()
	text := ""
	switch {
	case object.GetKind() == "Namespace" && labels["app.kubernetes.io/part-of"] == "flux":
		text = labels["app.kubernetes.io/version"]
	case object.GetKind() == "FluxInstance" && object.GroupVersionKind().Group == v1.Group:
		text, _, _ = unstructured.NestedString(object.Object, "spec", "distribution", "version")
	}
	version, err := VersionOf(text)
	if err != nil {
		return "" // 2.x is the newest there is
	}
	return version
}

// noVersion says that a kind has no such version, and which Flux has it.
func (k *Kinds) noVersion(d *definition, name string) string {
	served := d.kind.Group + "/" + strings.Join(slices.Sorted(maps.Keys(d.versions)), ", "+d.kind.Group+"/")
	if d.by == "" {
		return fmt.Sprintf("no matches for kind %q in version %q: it is served as %s", d.kind.Kind, d.kind.Group+"/"+name, served)
	}
	with := ""
	for _, other := range slices.Backward(Versions()) {
		if slices.Contains(k.flux, other) {
			continue
		}
		if all, err := Open(other).definitions(d.kind); err == nil && all[0].versions[name] != nil {
			with = fmt.Sprintf("; Flux %s serves it: say so with --flux-version %[1]s if that is what the cluster runs", other)
			break
		}
	}
	return fmt.Sprintf("no matches for kind %q in version %q: it is served by Flux %s as %s%s", d.kind.Kind, d.kind.Group+"/"+name, d.by, served, with)
}
