package templater

import (
	"context"
	"maps"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/eddy-previews/eddy/internal/apply"
	"github.com/eddy-previews/eddy/internal/flux"
	"github.com/eddy-previews/eddy/internal/object"
	"github.com/eddy-previews/eddy/internal/preview"
)

// deployerDepth is how many deployers may stand between a set and an ingress: a
// Kustomization that holds a HelmRelease.
const deployerDepth = 2

// lookedAt is what was known of a deployer when a link was looked for in it.
type lookedAt struct {
	// uid tells the deployer from a later one of its name, as when a request is
	// closed and reopened.
	uid types.UID
	// revision of the preview and resource version of the deployer.
	revision, version string
	// settled: it has deployed what was asked for.
	settled bool
}

// links finds out where the previews answer, by key: an annotation says so, or
// an Ingress or HTTPRoute among the preview's objects, or one that a
// Kustomization or HelmRelease of it has deployed. What is known is not asked
// for again before it changes. A link that cannot be found is no error. Awaiting
// says that a deployer has yet to do its work.
func (r *run) links(ctx context.Context, session *apply.Session, p desired) (found map[string]string, awaiting waiting) {
	found = make(map[string]string, len(p.previews))
	objects := p.objects()
	for _, o := range objects {
		for _, key := range o.Groups() {
			if found[key] == "" {
				found[key] = p.urls[o.Ref()]
			}
		}
	}
	planned := p.inventory.Refs()
	maps.DeleteFunc(r.memory.links, func(ref object.Ref, _ lookedAt) bool { return !planned[ref] })
	search := linkSearch{run: r, session: session, told: r.told(), found: found}
	for _, o := range objects {
		if found[o.Group] == "" && flux.Deploys(o.Ref().GroupKind()) {
			search.consider(o, p.revisionOf(o.Group))
		}
	}
	search.ask(ctx, p)
	return found, search.awaiting
}

// told returns what the status tells of each preview, by key, as it was before the run.
func (r *run) told() map[string]told {
	if r.before != nil {
		return r.before
	}
	r.before = make(map[string]told, len(r.set.Status.Previews))
	for _, one := range r.set.Status.Previews {
		r.before[preview.KeyOf(one).String()] = told{
			url: one.URL, revision: one.Revision, sha: one.SHA, readySHA: one.ReadySHA,
			ready: one.Ready, reason: one.Reason, message: one.Message, since: one.LastTransitionTime.Time,
		}
	}
	return r.before
}

// told is what the status tells of a preview.
type told struct {
	url, revision, sha, readySHA string
	ready                        metav1.ConditionStatus
	reason, message              string
	since                        time.Time
}

// linkSearch looks for links in what deployers have deployed.
type linkSearch struct {
	*run
	session *apply.Session
	told    map[string]told
	found   map[string]string
	// open are the deployers to be asked; awaiting is set when one has yet to
	// do its work.
	open     []apply.Object
	awaiting waiting
}

// consider keeps the link that is known, and decides whether a deployer has to
// be asked for a newer one.
func (s *linkSearch) consider(deployer apply.Object, revision string) {
	ref := deployer.Ref()
	before := s.told[deployer.Group]
	s.found[deployer.Group] = before.url

	is := s.session.Live.Get(ref)
	last, looked := s.memory.links[ref]
	looked = looked && is != nil && last.uid == is.UID
	switch {
	case looked && last.settled && last.revision == revision:
	case !looked && before.url != "" && before.revision == revision: // told before a restart
	case is == nil, looked && last.version == is.ResourceVersion:
		s.awaiting = true // it has not done anything yet
	case s.memory.applied.WroteLast(ref, is.ResourceVersion): // nor has what was written a moment ago
		s.awaiting = true
		s.memory.links[ref] = lookedAt{uid: is.UID, revision: revision, version: is.ResourceVersion}
	default:
		s.open = append(s.open, deployer)
	}
}

// ask reads the deployers that have changed, and what they have deployed.
func (s *linkSearch) ask(ctx context.Context, p desired) {
	stored, err := s.session.ReadAll(ctx, s.open)
	if err != nil {
		ctrl.LoggerFrom(ctx).V(1).Info("looking for the URLs of previews", "error", err.Error())
	}
	for _, deployer := range s.open {
		ref, key := deployer.Ref(), deployer.Group
		is := stored.Stored(ref)
		if is == nil {
			continue
		}
		settled := flux.HasDeployed(is)
		s.memory.links[ref] = lookedAt{
			uid: is.GetUID(), revision: p.revisionOf(key), version: is.GetResourceVersion(), settled: settled,
		}
		s.awaiting = s.awaiting || waiting(!settled)
		budget := mostRead
		if url := s.deployed(ctx, is, deployerDepth, &budget); url != "" {
			s.found[key] = url
		}
	}
}

// mostRead is how much is read of what one preview has deployed, each time that it has
// deployed something: a request may bring thousands of routes without a host.
const mostRead = 20

// deployed returns the link of what a deployer has in its inventory, "" when
// there is none, when it may not be read, or when the budget is used up before.
func (s *linkSearch) deployed(ctx context.Context, deployer *unstructured.Unstructured, depth int, budget *int) string {
	if depth == 0 {
		return ""
	}
	entries := flux.Deployed(deployer)
	for _, pass := range []func(schema.GroupKind) bool{flux.Routes, flux.Deploys} {
		for _, entry := range entries {
			if !pass(entry.GroupKind()) {
				continue
			}
			if *budget--; *budget < 0 {
				return ""
			}
			is, err := s.session.Read(ctx, entry.Ref, entry.Version)
			if err != nil || is == nil {
				continue // the account may not, or it is on its way
			}
			url := flux.URL(is)
			if url == "" && flux.Deploys(entry.GroupKind()) {
				url = s.deployed(ctx, is, depth-1, budget)
			}
			if url != "" {
				return url
			}
		}
	}
	return ""
}
