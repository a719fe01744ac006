package lint

import (
	"fmt"
	"slices"
)

// clusterScopedKinds are those of Kubernetes and of what is common beside it.
var clusterScopedKinds = []string{
	"APIService", "CSIDriver", "ClusterIssuer", "ClusterRole", "ClusterRoleBinding", "ClusterSecretStore",
	"CustomResourceDefinition", "FlowSchema", "GatewayClass", "IngressClass", "MutatingWebhookConfiguration",
	"Namespace", "Node", "PersistentVolume", "PriorityClass", "PriorityLevelConfiguration", "RuntimeClass",
	"StorageClass", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding",
	"ValidatingWebhookConfiguration", "VolumeSnapshotClass",
}

func isClusterScoped(kind string) bool { return slices.Contains(clusterScopedKinds, kind) }

// clusterScoped finds objects that belong to no namespace. Without the number in
// their name, previews fight over one, and the first that is closed takes it from
// all; with it, each preview leaves its mark on the whole cluster. A Namespace
// of the preview's own is what it seems to be.
func clusterScoped(s *Setup) []Finding {
	var out []Finding
	for _, service := range s.Services {
		for _, pair := range service.pairs(service.Samples.First, service.Samples.Second) {
			kind, shared := pair.a.GetKind(), pair.a.GetName() == pair.b.GetName()
			if !isClusterScoped(kind) || kind == "Namespace" && !shared || service.isOneForAll(pair.a) {
				continue
			}
			why := "each preview adds one to the cluster, with the rights or rules that it gives"
			if shared {
				why = "all previews share it, and the first that is closed takes it away"
			}
			fix := "deploy one for all previews, beside the ResourceSet"
			if pair.a.layer != nil {
				fix = fmt.Sprintf("strip it from the overlay ($patch: delete, target: {kind: %s}), and deploy one for all previews", kind)
			}
			out = append(out, Finding{
				Position: pair.a.where("kind"),
				Message:  fmt.Sprintf("the %s %q is cluster-scoped: %s", kind, pair.a.GetName(), why),
				Fix:      fix,
			})
		}
	}
	return out
}
