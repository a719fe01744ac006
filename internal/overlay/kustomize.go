package overlay

import (
	"sync"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/resmap"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/kustomize/kyaml/openapi"
	"sigs.k8s.io/kustomize/kyaml/openapi/kubernetesapi"
)

// schema guards what kustomize knows of the kinds of Kubernetes, which it keeps once
// for the whole program.
var schema sync.Mutex

// runKustomize builds a folder with the settings of kustomize-controller. That reads
// the schema of the built-in kinds anew for each build, which takes longer than most
// builds; here it stays, until an overlay names another.
func runKustomize(fs filesys.FileSystem, dir string) (resmap.ResMap, error) {
	schema.Lock()
	defer schema.Unlock()
	openapi.Schema() // read first, so that a schema of an overlay's own adds to it
	defer func() {
		if openapi.GetSchemaVersion() != kubernetesapi.DefaultOpenAPI {
			openapi.ResetOpenAPI() // what one overlay names is not for the next
		}
	}()
	return krusty.MakeKustomizer(&krusty.Options{
		LoadRestrictions: types.LoadRestrictionsNone,
		PluginConfig:     types.DisabledPluginConfig(),
	}).Run(fs, dir)
}
