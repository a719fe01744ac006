package scaffold

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

const overlayExample = "fleet/clusters/eks/apps/api/pr-template/"

// overlay derives the overlay of one preview.
func (d *derivation) overlay() {
	a := d.answers
	changes := []change{
		{"clusters/base/api, made", path.Clean(a.Base) + ", made"},
		{"the Kustomization api-pr-1234", "the Kustomization " + a.Service + "-pr-1234"},
		{"\nnamespace: app-dev", "\nnamespace: " + a.Namespace},
		{"../../../../base/api", d.relative()},
		{"registry.example.com/api", a.Image},
		{"replicas:\n  - name: api-deployment\n    count: 1\n", d.replicas()},
	}
	if !d.forge.hasLabels() {
		changes = append(changes, change{"    newTag: pr-${PR_NUMBER}\n", "    newTag: pr-${PR_NUMBER}-${COMMIT_SHA} # nothing else tells when it is there: pods wait for it\n"})
	}
	at := len(d.files)
	resources, patches := d.routing()
	changes = append(changes, change{"  - path: pr-ingress-patch.yaml\n", patches}, change{d.relative() + "\n", d.relative() + "\n" + resources})
	const last = "  - path: pr-env-vars-patch.yaml\n"
	changes = append(changes, change{last, last + d.base.policies.sparing()})
	d.add(path.Join(d.template(), "kustomization.yaml"), overlayExample+"kustomization.yaml", append(changes, d.strips()...)...)
	d.files = slices.Insert(d.files[:len(d.files)-1], at, d.files[len(d.files)-1]) // a person reads it first
	d.environment()
}

// replicas are one of each Deployment that no autoscaler sees to.
func (d *derivation) replicas() string {
	out := ""
	for _, deployment := range d.base.deployments {
		if !slices.Contains(d.base.scaled, deployment.Name) {
			out += fmt.Sprintf("  - name: %s\n    count: 1\n", deployment.Name)
		}
	}
	if out == "" {
		return ""
	}
	return "replicas:\n" + out
}

// strip is how the example takes away a cluster-scoped kind.
func strip(kind, version string) string {
	return fmt.Sprintf("  - target: { kind: %s }\n    patch: |\n      $patch: delete\n      apiVersion: %s\n      kind: %[1]s\n      metadata: { name: unused }\n", kind, version)
}

// strips keeps the patches for the cluster-scoped kinds that the base has, and
// their explanation where there are any.
func (d *derivation) strips() []change {
	const version = "rbac.authorization.k8s.io/v1"
	role, binding := strip("ClusterRole", version), strip("ClusterRoleBinding", version)
	patches := ""
	for _, kind := range d.base.clusterScoped {
		patches += strip(kind.kind, kind.version)
	}
	out := []change{{role + binding, patches}}
	if patches == "" {
		text := d.example("kustomization.yaml")
		if from, to := strings.Index(text, "  # A cluster-scoped"), strings.Index(text, role); from >= 0 && from < to {
			out = append(out, change{text[from:to], ""})
		}
	}
	return out
}

// environment derives the patch of the Deployment whose image CI builds.
func (d *derivation) environment() {
	const example, end = "          env:\n            - name: PUBLIC_URL\n              value: \"https://api-${PR_NUMBER}.preview.example.com\"\n", "\"\n"
	a, own := d.answers, ""
	changes := []change{
		{"name: api-deployment", identified(d.base.workload.deployment, d.base.workload.namespace)},
		{"        - name: api\n", "        - name: " + d.base.workload.container + "\n"},
	}
	switch {
	case !d.forge.hasLabels():
		changes = append(changes, change{"rolls the pods out, though the image's\n        # tag stays pr-1234. kustomize", "rolls the pods out, as the image's\n        # tag does. kustomize"})
	case !d.base.workload.pulls:
		own = "          # The tag moves with each push: without Always a node that has pulled it once\n" +
			"          # starts the old image again.\n          imagePullPolicy: Always\n"
	}
	if d.isRouted() {
		head, _, _ := strings.Cut(example, "https://")
		own += head + "https://" + a.Service + "-${PR_NUMBER}." + a.Domain + end
	}
	d.add(path.Join(d.template(), "pr-env-vars-patch.yaml"), overlayExample+"pr-env-vars-patch.yaml", append(changes, change{example, own})...)
}
