// Package feedback tells pull requests what becomes of their previews: one comment
// that is always true, the status of the commit, a deployment.
//
//	[ status of both kinds ] ──> requestsOf ──> card ──> teller ──> forge
//	                                  ^                     │
//	                                  └── status.feedback <─┘
//
// What is to be said is a pure function of what the two kinds say of themselves
// (package preview); a digest of what was said is kept in the provider's status. Where
// both are the same, nothing is asked. It promises that each request has one comment
// at most, found again wherever it stands; that the forge is told no more than it
// takes; and that whatever goes wrong here touches neither the watcher nor a preview:
// it is one condition, FeedbackReady, that says what is missing.
package feedback

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/credential"
	"github.com/eddy-previews/eddy/internal/feedback/card"
	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/preview"
	"github.com/eddy-previews/eddy/internal/source"
	"github.com/eddy-previews/eddy/internal/transport"
)

const (
	// timeout bounds one run: what is left is told in the next one.
	timeout = 30 * time.Second
	// maxTold bounds how many requests of a repository are told, so that the
	// provider has room for what was told them.
	maxTold = 1000
)

// Reconciler tells the requests of a repository.
type Reconciler struct {
	// Client reads the two kinds from the cache, and writes what was told.
	Client client.Client
	// Direct reads what no cache holds.
	Direct client.Reader
	// Credentials reads what providers refer to. It wakes nobody but this controller.
	Credentials *credential.Reader
	// Open opens a forge; source.Repository unless a test says otherwise.
	Open func(source.Config) (forge.Repository, error)
	// Now is the clock.
	Now func() time.Time
	// ID tells the comments of this cluster from those of others; that of the
	// namespace when empty.
	ID string
	// Selector of the providers to work on, where several operators share them; all
	// when nil.
	Selector labels.Selector

	memory memory
	moves  moves
}

// Reconcile tells the requests of the repository that a provider watches, where that
// is the first by name to do so.
func (r *Reconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	telling, end := r.moves.runs.Begin(ctx, req.NamespacedName) // before it is read: from now on, that it leaves ends this
	defer end()
	provider := &v1.ResourceSetInputProvider{}
	if err := r.Client.Get(ctx, req.NamespacedName, provider); err != nil {
		r.memory.forget(req.NamespacedName)
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if !r.isOurs(provider) {
		r.Credentials.Forget(provider)
		r.memory.forget(req.NamespacedName)
		return ctrl.Result{}, nil
	}
	if wait := r.moves.wait(req.NamespacedName, r.Now()); wait > 0 {
		return ctrl.Result{RequeueAfter: wait}, nil
	}
	if provider.Spec.Feedback == nil && provider.DeletionTimestamp.IsZero() { // which needs no look at all the others
		return ctrl.Result{}, r.silence(ctx, provider)
	}
	snapshot, err := r.look(ctx, req.Namespace)
	if err != nil {
		return ctrl.Result{}, err
	}
	together := group(provider, snapshot.Providers)
	if len(together) == 0 { // its URL is none, which is told when it is opened
		together = []v1.ResourceSetInputProvider{*provider}
	}
	switch {
	case !provider.DeletionTimestamp.IsZero():
		r.memory.forget(req.NamespacedName)
		return ctrl.Result{}, nil
	case together[0].Name != provider.Name: // another one tells
		return ctrl.Result{}, r.silence(ctx, provider)
	case provider.IsDisabled():
		return ctrl.Result{}, nil
	}
	told := r.memory.recall(provider)
	timed, cancel := context.WithTimeout(telling, timeout)
	defer cancel()
	became := r.run(timed, provider, work{providers: together, snapshot: snapshot, told: told})
	r.memory.remember(req.NamespacedName, became.told)
	if err := r.save(ctx, req.NamespacedName, became); err != nil {
		return ctrl.Result{}, err
	}
	return ctrl.Result{RequeueAfter: became.after}, nil
}

// silence is for a provider that has nothing to tell, or not any more.
func (r *Reconciler) silence(ctx context.Context, provider *v1.ResourceSetInputProvider) error {
	name := client.ObjectKeyFromObject(provider)
	r.Credentials.Forget(provider)
	r.memory.forget(name)
	return r.save(ctx, name, outcome{})
}

// look reads the two kinds of a namespace.
func (r *Reconciler) look(ctx context.Context, namespace string) (preview.Snapshot, error) {
	var sets v1.ResourceSetList
	var providers v1.ResourceSetInputProviderList
	reader := client.Reader(r.Client)
	if r.Selector != nil {
		reader = r.Direct // a set of another shard is in no cache, and is there all the same
	}
	err := errors.Join(reader.List(ctx, &sets, client.InNamespace(namespace)), r.Client.List(ctx, &providers, client.InNamespace(namespace)))
	return preview.Snapshot{Sets: sets.Items, Providers: providers.Items}, err
}

// work is what one run goes by.
type work struct {
	providers []v1.ResourceSetInputProvider
	snapshot  preview.Snapshot
	told      []v1.FeedbackStatus
}

// outcome is what a run came to: what was told of all requests, the condition, and
// the time to the next run.
type outcome struct {
	told      []v1.FeedbackStatus
	condition *metav1.Condition
	after     time.Duration
}

// run tells what is new, as far as the forge takes it.
func (r *Reconciler) run(ctx context.Context, provider *v1.ResourceSetInputProvider, w work) outcome {
	t, who, err := r.open(ctx, provider)
	if err != nil {
		return outcome{told: w.told, condition: broken(provider, err), after: provider.GetInterval()}
	}
	r.memory.seed(r.Now, who, w.told)
	t.spend = func(told source.Told) error {
		if wait := r.memory.spend(r.Now, who, told); wait > 0 {
			return &paused{wait}
		}
		return nil
	}
	if t.dashboards != nil {
		t.workloads = workloadsOf(w.snapshot.Sets)
	}
	requests := requestsOf(w.snapshot, w.providers, w.told)
	at := round{now: r.Now, memory: &r.memory, of: client.ObjectKeyFromObject(provider)}
	lines, errs, after := at.tellAll(ctx, t, ordered(requests, w.told))
	out := outcome{told: lines, condition: working(provider), after: after}
	if err := errors.Join(errs...); err != nil {
		out.condition = broken(provider, err)
		out.after = soonest(out.after, provider.GetInterval())
	}
	if forks := t.beyond(requests); forks > 0 {
		out.condition.Message += fmt.Sprintf("; the commits of requests from forks (%d) have no status, as they are in other projects", forks)
	}
	if len(requests) > maxTold {
		out.condition.Message += fmt.Sprintf("; %d requests are not told, as the status has room for %d", len(requests)-maxTold, maxTold)
	}
	return out
}

// open opens the repository of a provider as whoever is to tell it.
func (r *Reconciler) open(ctx context.Context, provider *v1.ResourceSetInputProvider) (*teller, login, error) {
	told := provider.GetFeedback()
	config, err := r.Credentials.Config(ctx, credential.OfFeedback(provider))
	if err != nil {
		return nil, login{}, err
	}
	repository, err := r.Open(config)
	if err != nil {
		return nil, login{}, err
	}
	who, err := config.Pools.Asker(ctx, config.Way())
	if err != nil {
		return nil, login{}, err
	}
	instance, err := r.instance(ctx, provider.Namespace)
	if err != nil {
		return nil, login{}, err
	}
	t := &teller{when: told.When, environment: told.Environment, agent: told.GitLabAgentID}
	t.near = provider.Spec.Type == v1.InputProviderGitLabMergeRequest
	if told.EnvironmentRetention == v1.RetentionDelete {
		t.retention = forge.Deleted
	}
	if t.text, err = r.template(ctx, provider); err != nil {
		return nil, login{}, err
	}
	t.marker = func(request string) string { return marker(instance, provider, request) }
	return t, login{Asker: who, About: transport.Host(hostOf(provider.Spec.URL))}, t.capable(repository, told)
}

// templateKey is where a template stands in its ConfigMap.
const templateKey = "comment.md"

// template returns what writes the comments of a provider.
func (r *Reconciler) template(ctx context.Context, provider *v1.ResourceSetInputProvider) (func(card.Card) (string, error), error) {
	named := provider.Spec.Feedback.Template
	if named == nil {
		return func(c card.Card) (string, error) { return c.Text(), nil }, nil
	}
	found := &corev1.ConfigMap{}
	if err := r.Direct.Get(ctx, types.NamespacedName{Namespace: provider.Namespace, Name: named.Name}, found); err != nil {
		return nil, fmt.Errorf("spec.feedback.template: %w", err)
	}
	text, there := found.Data[templateKey]
	if !there {
		return nil, fmt.Errorf("spec.feedback.template: ConfigMap %s/%s has no key %s", provider.Namespace, named.Name, templateKey)
	}
	made, err := card.ParseTemplate(text)
	if err != nil {
		return nil, fmt.Errorf("spec.feedback.template: ConfigMap %s/%s: %w", provider.Namespace, named.Name, err)
	}
	return func(c card.Card) (string, error) {
		text, err := made.Text(ctx, c)
		if err != nil {
			return "", fmt.Errorf("spec.feedback.template: ConfigMap %s/%s: %w", provider.Namespace, named.Name, err)
		}
		return text, nil
	}, nil
}

// capable takes of a repository what is to be told it. What it cannot be told is an
// error.
func (t *teller) capable(repository forge.Repository, told *v1.Feedback) error {
	var ok bool
	if told.Comment == v1.FeatureEnabled {
		if t.comments, ok = repository.(forge.Comments); !ok {
			return fmt.Errorf("spec.feedback.comment: this forge takes none: %w", source.ErrUnsupported)
		}
		t.answers = answersOf(repository)
	}
	if told.Status == v1.FeatureEnabled {
		if t.statuses, ok = repository.(forge.Statuses); !ok {
			return fmt.Errorf("spec.feedback.status: this forge takes none: %w", source.ErrUnsupported)
		}
	}
	if told.Deployment == v1.FeatureEnabled {
		if t.deployments, ok = repository.(forge.Deployments); !ok {
			return fmt.Errorf("spec.feedback.deployment: this forge takes none: %w", source.ErrUnsupported)
		}
	}
	if t.environments = t.deployments; told.GitLabAgentID != 0 && t.deployments != nil {
		if t.dashboards, ok = repository.(forge.Dashboards); !ok {
			return fmt.Errorf("spec.feedback.gitlabAgentID: this forge has no agent: %w", source.ErrUnsupported)
		}
	}
	return nil
}

// instance tells this cluster from others: by the flag, else by the account that every
// namespace has.
func (r *Reconciler) instance(ctx context.Context, namespace string) (string, error) {
	if r.ID != "" {
		return r.ID, nil
	}
	account := &metav1.PartialObjectMetadata{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "ServiceAccount"}}
	err := r.Direct.Get(ctx, types.NamespacedName{Namespace: namespace, Name: "default"}, account)
	if client.IgnoreNotFound(err) != nil {
		return "", fmt.Errorf("telling this cluster from others by the account default of namespace %s: %w: allow to read it, or set --feedback-id", namespace, err)
	}
	return cmp.Or(string(account.UID), namespace), nil
}

// marker is what the comment on a request is found again by. It cannot be guessed
// before it was written once, and is of no use on another request.
func marker(instance string, provider *v1.ResourceSetInputProvider, request string) string {
	const id, enough = 8, 16
	return fmt.Sprintf("eddy:v1 %s %s %s", digestOf(instance)[:id], provider.Namespace, digestOf(instance, canonical(provider.Spec.URL), request)[:enough])
}

// canonical is the URL of a repository, however it is written.
func canonical(text string) string {
	parsed, err := forge.ParseURL(text, "")
	if err != nil {
		return text
	}
	return lower(parsed.String())
}

func hostOf(text string) string {
	at, err := url.Parse(text)
	if err != nil {
		return ""
	}
	return at.Host
}

// soonest is the shorter of two times, of which zero is none.
func soonest(a, b time.Duration) time.Duration {
	if a == 0 || b == 0 {
		return max(a, b)
	}
	return min(a, b)
}

// pending is a request, and what it was told.
type pending struct {
	*request
	line v1.FeedbackStatus
	// news is what people wait for, and before a digest of what was told.
	news, before string
	// due: it is to be told something now. failed: not all of that was done, and
	// troubled: as the forge refused. What it said that takes nothing for it is refused.
	due, failed, troubled bool
	refused               string
}

// ordered puts first what people wait for: what was removed, has failed or is ready
// before what is on its way, and among those by number.
func ordered(requests map[string]*request, told []v1.FeedbackStatus) []pending {
	lines := make(map[string]v1.FeedbackStatus, len(told))
	for _, line := range told {
		lines[line.ID] = line
	}
	out := make([]pending, 0, len(requests))
	for id, one := range requests {
		line, known := lines[id]
		if !known {
			line.ID = id
		}
		line.Previews = slices.Clone(line.Previews)
		out = append(out, pending{request: one, line: line})
	}
	slices.SortFunc(out, func(a, b pending) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(len(a.id), len(b.id)), cmp.Compare(a.id, b.id))
	})
	return out
}

func rank(p pending) int {
	if (card.Card{Rows: p.rows}).Class() == card.Progress {
		return 1
	}
	return 0
}
