package overlay

// The bounds of what a build comes to. A fleet of a thousand services is far
// from each of them.
const (
	// maxBuilt is how many bytes a build may read, where a base that two others
	// build upon is read twice.
	maxBuilt = 128 << 20
	// maxLayers is how many kustomization.yaml a build may read, counted so.
	maxLayers = 10_000
)
