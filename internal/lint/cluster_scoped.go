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

// clusterScoped finds an object that belongs to no namespace. Without the number in
// their name, previews fight over one, and the first that is closed takes it from
// all; with it, each preview leaves its mark on the whole cluster. A Namespace
// of the preview's own is what it seems to be.
func clusterScoped(p pair) *Finding {
	kind, shared := p.a.GetKind(), p.a.GetName() == p.b.GetName()
	if !isClusterScoped(kind) || kind == "Namespace" && !shared || p.a.isOneForAll() {
		return nil
	}
	why := "each preview adds one to the cluster, with the rights or rules that it gives"
	if shared {
		why = "all previews share it, and the first that is closed takes it away"
	}
	fix := "deploy one for all previews, beside the ResourceSet"
	if p.a.sources != nil {
		fix = fmt.Sprintf("strip it from the overlay ($patch: delete, target: {kind: %s}), and deploy one for all previews", kind)
	}
	return &Finding{
		Position: p.a.where("kind"),
		Message:  fmt.Sprintf("the %s %q is cluster-scoped: %s", kind, p.a.GetName(), why),
		Fix:      fix,
	}
}
