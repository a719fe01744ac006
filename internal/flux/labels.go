package flux

import "github.com/eddy-previews/eddy/internal/object"

// DeployersOf lists who has deployed an object, by the labels that they put on
// what they deploy.
func DeployersOf(labels map[string]string) []Entry {
	var out []Entry
	for _, kind := range deployers() {
		name, namespace := labels[kind.Group+"/name"], labels[kind.Group+"/namespace"]
		if name == "" || namespace == "" {
			continue
		}
		out = append(out, Entry{
			Ref:     object.RefTo(kind.GroupKind(), namespace, name),
			Version: kind.Version,
		})
	}
	return out
}

// DeployerLabels are those that any deployer puts on what it deploys.
func DeployerLabels() []string {
	var out []string
	for _, kind := range deployers() {
		out = append(out, kind.Group+"/name", kind.Group+"/namespace")
	}
	return out
}

// IsController reports whether a field manager is a controller of Flux that deploys.
func IsController(manager string) bool {
	return manager == "kustomize-controller" || manager == "helm-controller"
}

// KustomizationLabels are those that a Kustomization puts on what it deploys.
func KustomizationLabels() []string {
	return []string{KustomizeGroup + "/name", KustomizeGroup + "/namespace"}
}
