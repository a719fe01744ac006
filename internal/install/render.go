// Package install brings the operator into a cluster and takes it out again.
// What is installed is what the Helm chart makes of its values: there is one
// description of it, whoever installs it.
package install

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/Masterminds/semver/v3"
	"github.com/fluxcd/pkg/ssa"
	ssautil "github.com/fluxcd/pkg/ssa/utils"
	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/common/util"
	"helm.sh/helm/v4/pkg/chart/loader/archive"
	chart "helm.sh/helm/v4/pkg/chart/v2"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	"helm.sh/helm/v4/pkg/engine"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/eddy-previews/eddy/charts"
)

// Release is the name of what is installed, and of its Deployment unless a value
// says otherwise.
const Release = "eddy"

// managedBy is who the label app.kubernetes.io/managed-by of the objects names,
// as it names Helm where Helm installs them.
const managedBy = "eddy"

// Plan is what is to be installed.
type Plan struct {
	// Namespace of the operator.
	Namespace string
	// Values of the chart that differ from its own; nil for none.
	Values map[string]any
	// KubeVersion is that of the cluster, such as v1.36.0; one that the chart
	// supports when empty.
	KubeVersion string
}

// Render returns the objects of a plan in the order in which they are applied.
// Values that the chart does not have are an error that names them.
func Render(plan Plan) ([]*unstructured.Unstructured, error) {
	eddy, err := Chart()
	if err != nil {
		return nil, err
	}
	capabilities := common.DefaultCapabilities.Copy()
	if plan.KubeVersion != "" {
		if _, err := Supports(plan.KubeVersion); err != nil {
			return nil, err
		}
		version, err := common.ParseKubeVersion(plan.KubeVersion)
		if err != nil {
			return nil, fmt.Errorf("reading the version of the cluster: %w", err)
		}
		capabilities.KubeVersion = *version
	}
	release := common.ReleaseOptions{Name: Release, Namespace: plan.Namespace, IsInstall: true, Revision: 1}
	values, err := util.ToRenderValues(eddy, plan.Values, release, capabilities)
	if err != nil {
		return nil, fmt.Errorf("reading the values: %w", err)
	}
	if about, ok := values["Release"].(map[string]any); ok {
		about["Service"] = managedBy
	}
	files, err := engine.Render(eddy, values)
	if err != nil {
		return nil, fmt.Errorf("rendering the chart: %w", err)
	}
	return objects(files)
}

// DefaultAccount is the account that the operator of a plan applies sets as which
// name none; "" when it is the operator's own.
func DefaultAccount(objects []*unstructured.Unstructured) string {
	const flag = "--default-service-account="
	for _, object := range objects {
		containers, _, _ := unstructured.NestedSlice(object.Object, "spec", "template", "spec", "containers")
		for _, container := range containers {
			fields, _ := container.(map[string]any)
			args, _, _ := unstructured.NestedStringSlice(fields, "args")
			for _, arg := range args {
				if account, is := strings.CutPrefix(arg, flag); is {
					return account
				}
			}
		}
	}
	return ""
}

// HasAccount reports whether a plan makes an account of a name.
func HasAccount(objects []*unstructured.Unstructured, name string) bool {
	return slices.ContainsFunc(objects, func(o *unstructured.Unstructured) bool {
		return o.GetKind() == "ServiceAccount" && o.GetName() == name
	})
}

// Supports says which versions of Kubernetes the chart wants; the error says
// that the given one is not among them.
func Supports(version string) (wanted string, err error) {
	eddy, err := Chart()
	if err != nil {
		return "", err
	}
	is, err := semver.NewVersion(version)
	if err != nil {
		return "", fmt.Errorf("reading the version of the cluster %q: %w", version, err)
	}
	constraint, err := semver.NewConstraint(eddy.Metadata.KubeVersion)
	if err != nil {
		return "", fmt.Errorf("reading the chart's kubeVersion: %w", err)
	}
	wanted = strings.TrimSuffix(eddy.Metadata.KubeVersion, "-0") // which lets pre-releases in
	if !constraint.Check(is) {
		return wanted, fmt.Errorf("the cluster is Kubernetes %s, and Eddy needs %s", version, wanted)
	}
	return wanted, nil
}

// objects reads the manifests that a chart made.
func objects(files map[string]string) ([]*unstructured.Unstructured, error) {
	var out []*unstructured.Unstructured
	for name, text := range files {
		if path.Ext(name) != ".yaml" || strings.TrimSpace(text) == "" {
			continue
		}
		read, err := ssautil.ReadObjects(strings.NewReader(text))
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", name, err)
		}
		out = append(out, read...)
	}
	slices.SortFunc(out, func(a, b *unstructured.Unstructured) int {
		if (ssa.SortableUnstructureds{a, b}).Less(0, 1) {
			return -1
		}
		return 1
	})
	return out, nil
}

// Chart returns the chart of this version of Eddy.
func Chart() (*chart.Chart, error) {
	const root = "eddy"
	var files []*archive.BufferedFile
	err := fs.WalkDir(charts.Eddy, root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := fs.ReadFile(charts.Eddy, name)
		files = append(files, &archive.BufferedFile{Name: strings.TrimPrefix(name, root+"/"), Data: text})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the chart: %w", err)
	}
	loaded, err := loader.LoadFiles(files)
	if err != nil {
		return nil, fmt.Errorf("loading the chart: %w", err)
	}
	return loaded, nil
}
