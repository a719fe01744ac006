package templater

import (
	"context"
	"fmt"
	"time"

	fluxmeta "github.com/fluxcd/pkg/apis/meta"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/flux"
	"github.com/eddy-previews/eddy/internal/preview"
	"github.com/eddy-previews/eddy/internal/probe"
)

// answers adds to what is late the previews that run, and whose URL does not answer,
// where the set asks for that.
func (r *run) answers(ctx context.Context, p desired, result *applied, links map[string]string) {
	set, wanted := client.ObjectKeyFromObject(r.set), r.set.GetProbe()
	if wanted == nil || r.Answers == nil || r.single() {
		r.Answers.Keep(set, func(string) bool { return false })
		return
	}
	how, err := r.means(ctx, wanted)
	if err == nil {
		err = r.Answers.Prepare(set, asking{wanted.Path, wanted.StatusCodes, wanted.ConnectTo, wanted.InsecureSkipVerify, wanted.IsPublicOnly()}, how)
	}
	stopped, holders := result.stopped(), r.holders(p, links)
	for _, one := range p.previews {
		here := spot{one.key, atAnswer}
		if !result.runs(one, stopped) {
			delete(r.memory.waits, here)
			continue
		}
		late := preview.Rollout{}
		if holder := holders[links[one.key]]; holder != "" && holder != one.key {
			late = held(holder)
		} else {
			late = r.askOf(ctx, one, links[one.key], err)
		}
		if late.Ready == metav1.ConditionTrue {
			delete(r.memory.waits, here)
			continue
		}
		if result.late == nil {
			result.late = map[string]preview.Rollout{}
		}
		result.late[one.key] = late
	}
	r.Answers.Keep(set, p.wants)
}

// holders are the previews that have a URL, by that. Where two have the same, it is the
// one that has been ready there, or else the first of them.
func (r *run) holders(p desired, links map[string]string) map[string]string {
	out := map[string]string{}
	wasReady := func(key, url string) bool {
		was := r.told()[key]
		return was.url == url && (was.readySHA != "" || was.ready == metav1.ConditionTrue)
	}
	for _, one := range p.previews {
		url := links[one.key]
		holder, isHeld := out[url]
		if url != "" && (!isHeld || wasReady(one.key, url) && !wasReady(holder, url)) {
			out[url] = one.key
		}
	}
	return out
}

// held says that what answers at the URL of a preview is another. To wait does not mend it.
func held(holder string) preview.Rollout {
	return preview.Rollout{
		Ready: metav1.ConditionFalse, Reason: v1.ReasonNotAnswering,
		Message: "it runs, and its URL is that of " + holder + ": give each preview a host of its own, or name where it answers by the annotation " + flux.URLAnnotation,
	}
}

// askOf says whether a preview answers, or why not; it cannot be asked where there is
// an error.
func (r *run) askOf(ctx context.Context, one asked, link string, unable error) preview.Rollout {
	here, was := spot{one.key, atAnswer}, r.told()[one.key]
	same := was.revision == one.revision && was.url == link && r.probedBefore()
	wasReady := same && was.ready == metav1.ConditionTrue && was.reason == fluxmeta.ReconciliationSucceededReason
	switch {
	case unable != nil && wasReady:
		return preview.Rollout{Ready: metav1.ConditionTrue}
	case unable != nil:
		return r.silent(here, one, "it runs, and its URL cannot be asked: spec.readiness.probe: "+unable.Error())
	case link == "":
		return r.silent(here, one, noURL)
	}
	wanted := question{revision: one.revision, url: link, asleep: r.memory.rollouts[one.key].asleep, answered: wasReady}
	if same && was.reason == v1.ReasonNotAnswering {
		wanted.told, wanted.lost = was.message, was.readySHA != "" && was.readySHA == was.sha
	}
	is := r.Answers.Ask(ctx, client.ObjectKeyFromObject(r.set), one.key, wanted)
	switch {
	case is.answered:
		return preview.Rollout{Ready: metav1.ConditionTrue}
	case is.why == nil && is.told != "":
		r.hasWaited(here, one) // as long as it has to
		return preview.Rollout{Ready: metav1.ConditionFalse, Reason: v1.ReasonNotAnswering, Message: is.told}
	case is.why == nil && was.revision == one.revision && was.reason == v1.ReasonDeploying:
		return r.silent(here, one, was.message) // what comes of it is told in a moment
	case is.why == nil:
		return r.silent(here, one, unsaid)
	case is.lost:
		return preview.Rollout{Ready: metav1.ConditionFalse, Reason: v1.ReasonNotAnswering, Message: noMore + is.why.Error()}
	default:
		return r.silent(here, one, silent+is.why.Error())
	}
}

// runs reports whether a preview is applied, and runs as far as that was looked at.
func (a *applied) runs(one asked, stopped problems) bool {
	late, isLate := a.late[one.key]
	return one.revision != "" && !stopped.has(one.key) && !a.unready.has(one.key) && (!isLate || late.Ready == metav1.ConditionTrue)
}

const (
	// atAnswer is where a preview waits that runs.
	atAnswer = "\x00answer" // no step is called so

	noURL  = "it runs, and has no URL that could be asked: there is no Ingress or HTTPRoute with a host, and no annotation that names one"
	unsaid = "it runs, and its URL is being asked"
	silent = "it runs, and its URL does not answer: "
	noMore = "it runs, and its URL does not answer any more: "
)

// silent is what is said of a preview that does not answer. One whose time is up has
// failed, until it answers after all.
func (r *run) silent(here spot, one asked, message string) preview.Rollout {
	out := preview.Rollout{Ready: metav1.ConditionUnknown, Reason: v1.ReasonDeploying, Message: message}
	if within := r.set.GetWithin(); r.hasWaited(here, one) >= within {
		out.Ready, out.Reason = metav1.ConditionFalse, v1.ReasonNotAnswering
		out.Message += fmt.Sprintf("; it had %s to get ready", within)
	}
	return out
}

// hasWaited is how long a preview has waited at a step. What is not remembered, as
// after a restart, the status tells: one that is late goes on being so, and that it has
// failed is not taken back.
func (r *run) hasWaited(here spot, one asked) time.Duration {
	since := r.started
	if was := r.told()[one.key]; was.revision == one.revision && r.memory.wrote == "" {
		switch was.reason {
		case v1.ReasonDeploying:
			since = was.since
		case failedAt[here.step]:
			since = was.since.Add(-r.set.GetWithin())
		}
	}
	return r.started.Sub(r.memory.waiting(here, one.revision, since))
}

// failedAt are the reasons of those that have waited in vain.
var failedAt = map[string]string{atAnswer: v1.ReasonNotAnswering, atRollout: v1.ReasonRolloutFailed}

// probedBefore reports whether the status is of a run that asked: of this generation.
func (r *run) probedBefore() bool {
	for _, condition := range r.saved.Status.Conditions {
		if condition.Type == fluxmeta.ReadyCondition {
			return condition.ObservedGeneration == r.set.Generation && condition.Reason != fluxmeta.ProgressingReason
		}
	}
	return false
}

// means reads, as the account of the set, what the probe names.
func (r *run) means(ctx context.Context, wanted *v1.ReadinessProbe) (means, error) {
	out := means{
		timeout: wanted.Timeout.Duration, interval: wanted.Interval.Duration,
		way: probe.Way{ConnectTo: wanted.ConnectTo, Insecure: wanted.InsecureSkipVerify, PublicOnly: wanted.IsPublicOnly()},
	}
	var err error
	if out.codes, err = probe.ParseCodes(wanted.StatusCodes); err != nil {
		return out, fmt.Errorf("statusCodes: %w", err)
	}
	if wanted.CertSecretRef != nil {
		found, err := r.secret(ctx, wanted.CertSecretRef.Name)
		if err != nil {
			return out, fmt.Errorf("certSecretRef: %w", err)
		}
		if out.way.Authorities = string(found["ca.crt"]); out.way.Authorities == "" {
			return out, fmt.Errorf("certSecretRef: Secret %s/%s has no key ca.crt", r.set.Namespace, wanted.CertSecretRef.Name)
		}
	}
	if wanted.HeadersFrom != nil {
		found, err := r.secret(ctx, wanted.HeadersFrom.Name)
		if err == nil {
			out.headers, err = probe.Headers(found)
		}
		if err != nil {
			return out, fmt.Errorf("headersFrom: %w", err)
		}
	}
	return out, nil
}

// secret reads one in the namespace of the set, as its account.
func (r *run) secret(ctx context.Context, name string) (map[string][]byte, error) {
	account, err := r.asAccount()
	if err != nil {
		return nil, err
	}
	found := &corev1.Secret{}
	if err := account.Get(ctx, client.ObjectKey{Namespace: r.set.Namespace, Name: name}, found); err != nil {
		return nil, fmt.Errorf("reading Secret %s/%s: %w", r.set.Namespace, name, err)
	}
	return found.Data, nil
}
