package actors

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

// marker is in the comment that Eddy keeps true, and noticed in those of which people are
// notified.
const (
	marker  = "<!-- eddy:v1 "
	noticed = "<!-- eddy:notice "
)

// Remark is a comment on a pull request.
type Remark struct {
	ID   int64  `json:"id"`
	Text string `json:"body"`
}

// Remarks are the comments on a pull request that Eddy keeps true.
func (f *Forge) Remarks(ctx context.Context, pr PullRequest) ([]Remark, error) {
	return f.remarks(ctx, pr, marker)
}

// Notices are those of which people are notified.
func (f *Forge) Notices(ctx context.Context, pr PullRequest) ([]Remark, error) {
	return f.remarks(ctx, pr, noticed)
}

func (f *Forge) remarks(ctx context.Context, pr PullRequest, marked string) ([]Remark, error) {
	var all, ours []Remark
	err := f.call(ctx, question{http.MethodGet, f.api() + "/issues/" + strconv.Itoa(pr.Number) + "/comments", nil}, &all)
	for _, one := range all {
		if strings.Contains(one.Text, marked) {
			ours = append(ours, one)
		}
	}
	return ours, err
}

// Unremark deletes a comment.
func (f *Forge) Unremark(ctx context.Context, one Remark) error {
	return f.call(ctx, question{http.MethodDelete, f.api() + "/issues/comments/" + strconv.FormatInt(one.ID, 10), nil}, nil)
}

// StatusOf is the state of a commit under a name, and where it leads.
func (f *Forge) StatusOf(ctx context.Context, pr PullRequest, name string) (state, leads string, err error) {
	var all []struct {
		ID      int64  `json:"id"`
		Context string `json:"context"`
		State   string `json:"status"`
		URL     string `json:"target_url"`
	}
	err = f.call(ctx, question{http.MethodGet, f.api() + "/commits/" + pr.SHA + "/statuses?sort=recentupdate", nil}, &all)
	last := int64(0) // of the same second, Gitea lists them in any order
	for _, one := range all {
		if one.Context == name && one.ID > last {
			last, state, leads = one.ID, one.State, one.URL
		}
	}
	return state, leads, err
}

// SetStatus says something of a commit under a name, as CI does.
func (f *Forge) SetStatus(ctx context.Context, pr PullRequest, name, state string) error {
	return f.call(ctx, question{http.MethodPost, f.api() + "/statuses/" + pr.SHA, map[string]string{"context": name, "state": state}}, nil)
}

// writeToken makes a token that may comment and set statuses.
func (f *Forge) writeToken(ctx context.Context) (string, error) {
	return f.token(ctx, "eddy-feedback", "write:issue", "write:repository")
}

// TellRequests lets Eddy tell pull requests what becomes of their previews, by a token
// of its own, and on a machine with a node wait until they run.
func (w *World) TellRequests(ctx context.Context) error {
	token, err := w.Forge.writeToken(ctx)
	if err != nil {
		return err
	}
	secret := fmt.Sprintf("{apiVersion: v1, kind: Secret, metadata: {name: gitea-write, namespace: %s}, stringData: {username: eddy, password: %q}}", Namespace, token)
	if err := w.apply(ctx, secret); err != nil {
		return err
	}
	provider := &v1.ResourceSetInputProvider{}
	if err := w.Get(ctx, Provider, provider); err != nil {
		return err
	}
	err = w.Patch(ctx, provider, `{"spec":{"feedback":{"secretRef":{"name":"gitea-write"}}}}`)
	if err == nil && w.System.Node != nil {
		err = w.Patch(ctx, w.Set(), `{"spec":{"readiness":{"within":"10m"}}}`)
	}
	return err
}

// NotifyOfFailures lets Eddy notify people of what has failed, beside all else.
func (w *World) NotifyOfFailures(ctx context.Context) error {
	provider := &v1.ResourceSetInputProvider{}
	if err := w.Get(ctx, Provider, provider); err != nil {
		return err
	}
	return w.Patch(ctx, provider, `{"spec":{"feedback":{"when":["Progress","Ready","Failed","Removed","NotifyFailure"]}}}`)
}

// WatchedForFailures claims that Eddy has seen a preview of a pull request ready since it
// is to notify people: of what fails before that, nobody is.
func (w *World) WatchedForFailures(pr PullRequest) Claim {
	return Claim{fmt.Sprintf("pull request %d is watched for failures", pr.Number), later, func(ctx context.Context) error {
		provider := &v1.ResourceSetInputProvider{}
		if err := w.Get(ctx, Provider, provider); err != nil {
			return err
		}
		seen := func(one v1.FeedbackPreview) bool { return one.ReadySince != "" }
		for _, request := range provider.Status.Feedback {
			if request.ID == pr.ID() && slices.ContainsFunc(request.Previews, seen) {
				return nil
			}
		}
		return fmt.Errorf("what was told is %+v", provider.Status.Feedback)
	}}
}

// Replace runs another image in a preview's pods, and returns the one before.
func (w *World) Replace(ctx context.Context, pr PullRequest, image string) (before string, err error) {
	deployment := &appsv1.Deployment{}
	if err := w.Get(ctx, pr.Name("api-deployment"), deployment); err != nil {
		return "", err
	}
	container := &deployment.Spec.Template.Spec.Containers[0]
	before, container.Image = container.Image, image
	return before, w.Kube.Update(ctx, deployment)
}

// TellNothing undoes that.
func (w *World) TellNothing(ctx context.Context) error {
	provider := &v1.ResourceSetInputProvider{}
	if err := w.Get(ctx, Provider, provider); err != nil {
		return err
	}
	return errors.Join(w.Patch(ctx, provider, `{"spec":{"feedback":null}}`), w.Patch(ctx, w.Set(), `{"spec":{"readiness":null}}`))
}

// WatchAgain lets another service of the repository have previews, of a ConfigMap each,
// until it is forgotten.
func (w *World) WatchAgain(ctx context.Context, service string) (forget func(context.Context) error, err error) {
	provider := &v1.ResourceSetInputProvider{ObjectMeta: metav1.ObjectMeta{Name: service + "-prs", Namespace: Namespace}}
	set := &v1.ResourceSet{ObjectMeta: metav1.ObjectMeta{Name: service + "-pr-envs", Namespace: Namespace}}
	err = errors.Join(
		w.apply(ctx, fmt.Sprintf("{apiVersion: fluxcd.controlplane.io/v1, kind: ResourceSetInputProvider, metadata: {name: %s, namespace: %s}, "+
			"spec: {type: GiteaPullRequest, url: %q, secretRef: {name: gitea-write}, feedback: {}}}", provider.Name, Namespace, w.watched())),
		w.apply(ctx, fmt.Sprintf("{apiVersion: fluxcd.controlplane.io/v1, kind: ResourceSet, metadata: {name: %s, namespace: %s}, spec: {"+
			"inputsFrom: [{kind: ResourceSetInputProvider, name: %s}], "+
			`resources: [{apiVersion: v1, kind: ConfigMap, metadata: {name: "%s-<< inputs.id >>", namespace: %s}, data: {commit: << inputs.sha >>}}]}}`,
			set.Name, Namespace, provider.Name, service, Namespace)))
	return func(ctx context.Context) error {
		return errors.Join(w.Kube.Delete(ctx, set), w.Kube.Delete(ctx, provider))
	}, err
}

// Says claims that a pull request has one comment, which says something.
func (w *World) Says(pr PullRequest, text string) Claim {
	return Claim{fmt.Sprintf("pull request %d says once %q", pr.Number, text), later, func(ctx context.Context) error {
		remarks, err := w.Forge.Remarks(ctx, pr)
		if err == nil && (len(remarks) != 1 || !strings.Contains(remarks[0].Text, text)) {
			err = fmt.Errorf("it says %+v", remarks)
		}
		return err
	}}
}

// Notified claims that people were notified by one comment on a pull request, which is not
// one of before.
func (w *World) Notified(pr PullRequest, before int64) Claim {
	return Claim{fmt.Sprintf("pull request %d has one notice, after %d", pr.Number, before), later, func(ctx context.Context) error {
		notices, err := w.Forge.Notices(ctx, pr)
		if err == nil && (len(notices) != 1 || notices[0].ID <= before || !strings.Contains(notices[0].Text, "## Preview: failed after it was ready")) {
			err = fmt.Errorf("there are %+v", notices)
		}
		return err
	}}
}

// Marked claims that the head commit of a pull request has a status.
func (w *World) Marked(pr PullRequest, state string) Claim {
	return Claim{fmt.Sprintf("commit %s of pull request %d is a %s", pr.SHA, pr.Number, state), later, func(ctx context.Context) error {
		got, _, err := w.Forge.StatusOf(ctx, pr, "preview/api")
		if err == nil && got != state {
			err = fmt.Errorf("its status is %q", got)
		}
		return err
	}}
}
