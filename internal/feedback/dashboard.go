package feedback

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/feedback/card"
	"github.com/eddy-previews/eddy/internal/flux"
	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/preview"
	"github.com/eddy-previews/eddy/internal/source"
)

// dashboard lets the environments of a request show what runs in the cluster.
func (t *teller) dashboard(ctx context.Context, r *request, line *v1.FeedbackStatus) error {
	if t.dashboards == nil {
		return nil
	}
	for _, row := range r.rows {
		mark, at := markOf(line, row.Called()), t.workloads[row.FullName()]
		digest := digestOf(fmt.Sprint(t.agent), at.Namespace, at.Path)
		if mark.Deployment == "" || at.Namespace == "" || mark.Dashboard == digest {
			continue
		}
		if err := t.spend(source.Deployment); err != nil {
			return err
		}
		at.Agent = t.agent
		if err := t.dashboards.Show(ctx, t.deploymentOf(r, row, mark), at); err != nil {
			return fmt.Errorf("spec.feedback.gitlabAgentID %d: %w", t.agent, err)
		}
		mark.Dashboard = digest
	}
	return nil
}

// deploymentOf is what is told of a preview as a deployment.
func (t *teller) deploymentOf(r *request, row card.Row, mark *v1.FeedbackPreview) forge.Deployment {
	environment := t.environment
	if environment == "" {
		environment = t.environments.Environment(row.Called(), r.id)
	}
	return forge.Deployment{
		Request: r.id, SHA: cmp.Or(row.Commit, mark.DeployedSHA), Branch: r.branch, Fork: r.fork, Name: contextOf(row), Marker: t.marker(r.id),
		Environment: environment, Retention: t.retention,
		State: row.Fares(), Description: row.Description(), URL: row.Answers(), Page: r.page,
	}
}

// workloadsOf says where previews run, by their full names: what deploys them, a
// Kustomization before a HelmRelease, and the namespace that is made for them, else that
// of what deploys them.
func workloadsOf(sets []v1.ResourceSet) map[string]forge.Workload {
	out := map[string]forge.Workload{}
	for _, set := range sets {
		made := map[string]string{}
		for _, entry := range preview.EntriesOf(set.Status.Inventory) {
			name := set.Name + "/" + entry.Input
			if (entry.GroupKind() == schema.GroupKind{Kind: "Namespace"}) {
				made[name] = entry.Name
			}
			path, known := pathOf(entry), out[name].Path
			if path != "" && (known == "" || precedes(path, known)) {
				out[name] = forge.Workload{Namespace: entry.Namespace, Path: path}
			}
		}
		for name, namespace := range made {
			out[name] = forge.Workload{Namespace: namespace, Path: out[name].Path}
		}
	}
	return out
}

// precedes orders Kustomizations before HelmReleases, and those by their names.
func precedes(path, other string) bool {
	first, second := strings.HasPrefix(path, flux.KustomizeGroup), strings.HasPrefix(other, flux.KustomizeGroup)
	if first != second {
		return first
	}
	return path < other
}

// pathOf leads to an object that deploys others, in the API of Kubernetes; "" of all
// else.
func pathOf(entry preview.Entry) string {
	if !flux.Deploys(entry.GroupKind()) {
		return ""
	}
	return fmt.Sprintf("%s/%s/namespaces/%s/%ss/%s", entry.Group, entry.Version, entry.Namespace, strings.ToLower(entry.Kind), entry.Name)
}
