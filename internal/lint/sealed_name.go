package lint

import "fmt"

// sealedName finds a SealedSecret that is sealed for one name and namespace, and is
// deployed under another for each preview: the controller cannot open it. What it is
// sealed for its annotations say; without them it is both.
func sealedName(p pair) *Finding {
	if p.a.GetKind() != "SealedSecret" || p.a.isOneForAll() {
		return nil
	}
	annotations := p.a.GetAnnotations()
	clusterWide := annotations["sealedsecrets.bitnami.com/cluster-wide"] == "true"
	namespaceWide := annotations["sealedsecrets.bitnami.com/namespace-wide"] == "true"
	what := ""
	switch {
	case clusterWide:
	case p.a.namespace() != p.b.namespace():
		what = "namespace"
	case !namespaceWide && p.a.GetName() != p.b.GetName():
		what = "name"
	}
	if what == "" {
		return nil
	}
	scope := map[string]string{"name": "namespace-wide", "namespace": "cluster-wide"}[what]
	return &Finding{
		Position: p.a.where("metadata", "name"),
		Message: fmt.Sprintf("the SealedSecret %q is sealed for one %s, and each preview has its own: the controller cannot open it there, and no Secret is made",
			p.a.GetName(), what),
		Fix: fmt.Sprintf("seal it anew with kubeseal --scope %s, or deploy the Secret once for all previews and leave it out of the overlay", scope),
	}
}
