package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/test/rig"
)

// watched is how Eddy is called in the rows of a set that asks whether its previews run.
const watched = "eddy, with readiness"

const (
	// unchanged is the work of previews that run and answer.
	unchanged = "previews that are ready, for 2.5 minutes"
	// rollOutWrites are those of the status of the set.
	rollOutWrites = 3
	// workloadLimit is what a workload that is watched may cost, in bytes.
	workloadLimit = 3 << 10
)

// readiness asks of each preview whether it runs, and its URL.
const readiness = `
readiness: {within: 1h, probe: {interval: 5s, connectTo: "%s"}}
`

// measureReadiness lets Eddy watch previews that Flux deploys, which is played here, and
// whose URLs are all served by one server.
func measureReadiness(ctx context.Context, on *rig.Rig, eddy contestant, previews int) (report, error) {
	var asked atomic.Int64
	web := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	defer web.Close()
	const named = "namespace: << inputs.provider.namespace >>"
	answering := strings.Replace(resources, named, named+`, annotations: {event.toolkit.fluxcd.io/preview-url: "http://api-<< inputs.id >>.preview.test"}`, 1)
	flock, err := on.NewFlock(ctx, answering+fmt.Sprintf(readiness, web.Listener.Addr()))
	if err != nil {
		return report{}, err
	}
	eddy.command = append(eddy.command, "--probe-networks=loopback")
	t := &trial{Rig: on, contestant: eddy, flock: flock, commits: map[string]string{}}
	t.report = report{operator: watched, previews: previews}
	if err := errors.Join(t.tells(), t.export(ctx), t.begin(ctx)); err != nil {
		return report{}, err
	}
	defer func() { t.operator.Kill() }()
	for id := range previews {
		t.commits[fmt.Sprint(id)] = "c0ffee"
	}
	for _, step := range []figure{
		{work: "first apply"}, {work: "all of them get ready"}, {work: unchanged, silent: true}, {work: "one preview rolls out", writes: rollOutWrites},
		{work: "all of them roll out at once"},
	} {
		action := map[string]func(context.Context) error{
			"first apply": t.export, "all of them get ready": t.deployAll, unchanged: func(ctx context.Context) error { return pauseFor(ctx, 150*time.Second) },
			"one preview rolls out": t.rollOut, "all of them roll out at once": t.rollOutAll,
		}[step.work]
		if err := t.do(ctx, step, action); err != nil {
			return report{}, fmt.Errorf("%s: %w", step.work, err)
		}
	}
	if asked.Load() < int64(previews)*2 {
		err = fmt.Errorf("%d previews were asked %d times", previews, asked.Load())
	}
	return t.report, errors.Join(err, t.closeAll(ctx), t.rest(ctx), t.flock.Delete(ctx), t.rest(ctx))
}

func pauseFor(ctx context.Context, pause time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(pause):
		return nil
	}
}

// deployAll plays Flux and Kubernetes: what is asked for runs.
func (t *trial) deployAll(ctx context.Context) error {
	playing, inner := errgroup.WithContext(ctx)
	playing.SetLimit(atOnce)
	for id := range t.commits {
		playing.Go(func() error { return errors.Join(t.workload(inner, id, 1), t.kustomized(inner, id)) })
	}
	return errors.Join(playing.Wait(), t.allReady(ctx))
}

// rollOut pushes a commit of one preview, whose pods are late at first.
func (t *trial) rollOut(ctx context.Context) error {
	if err := t.push(ctx); err != nil {
		return err
	}
	for _, step := range []func() error{
		func() error { return t.applied(ctx, "7") },
		func() error { return t.workload(ctx, "7", 0) }, func() error { return t.kustomized(ctx, "7") },
		func() error { return pauseFor(ctx, 3*time.Second) }, func() error { return t.workload(ctx, "7", 1) },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return t.allReady(ctx)
}

// rollOutAll pushes a commit of each preview.
func (t *trial) rollOutAll(ctx context.Context) error {
	if err := t.pushAll(ctx); err != nil {
		return err
	}
	for id := range t.commits {
		if err := t.applied(ctx, id); err != nil {
			return err
		}
	}
	return t.deployAll(ctx)
}

// allReady waits until the status says so of all.
func (t *trial) allReady(ctx context.Context) error {
	for start := time.Now(); ; {
		set, err := t.flock.Set(ctx)
		if err != nil {
			return err
		}
		counts := set.Status.PreviewCounts
		behind := slices.ContainsFunc(set.Status.Previews, func(one v1.PreviewStatus) bool { return one.ReadySHA != t.commits[one.ID] })
		if counts != nil && counts.Ready == int64(len(t.commits)) && !behind {
			return nil
		}
		if time.Since(start) > 3*patience {
			return fmt.Errorf("they do not get ready: %+v", counts)
		}
		if err := pauseFor(ctx, 100*time.Millisecond); err != nil {
			return err
		}
	}
}

// workload stores the Deployment of a preview, as it is rolled out or late.
func (t *trial) workload(ctx context.Context, id string, ready int64) error {
	labels := map[string]any{"app": name(id)}
	wanted := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "apps/v1", "kind": "Deployment",
		"metadata": map[string]any{"namespace": t.flock.Namespace, "name": name(id), "labels": map[string]any{
			"kustomize.toolkit.fluxcd.io/name": name(id), "kustomize.toolkit.fluxcd.io/namespace": t.flock.Namespace,
		}},
		"spec": map[string]any{
			"replicas": int64(1), "selector": map[string]any{"matchLabels": labels},
			"template": map[string]any{"metadata": map[string]any{"labels": labels}, "spec": map[string]any{
				"containers": []any{map[string]any{"name": "app", "image": "registry.example.com/api:pr-" + id}},
			}},
		},
	}}
	if err := client.IgnoreAlreadyExists(t.Client.Create(ctx, wanted)); err != nil {
		return err
	}
	if err := t.Client.Get(ctx, client.ObjectKeyFromObject(wanted), wanted); err != nil {
		return err
	}
	wanted.Object["status"] = map[string]any{
		"observedGeneration": wanted.GetGeneration(), "replicas": int64(1), "updatedReplicas": int64(1), "readyReplicas": ready, "availableReplicas": ready,
		"conditions": []any{
			map[string]any{"type": "Available", "status": map[int64]string{0: "False", 1: "True"}[ready]},
			map[string]any{"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"},
		},
	}
	return t.Client.Status().Update(ctx, wanted)
}

// applied waits until Eddy has applied the commit of a preview.
func (t *trial) applied(ctx context.Context, id string) error {
	for start := time.Now(); ; {
		object, err := t.object(ctx, id)
		if err != nil {
			return err
		}
		if commit, _, _ := unstructured.NestedString(object.Object, commitField...); commit == t.commits[id] {
			return nil
		}
		if time.Since(start) > patience {
			return fmt.Errorf("preview %s is not applied", id)
		}
		if err := pauseFor(ctx, 20*time.Millisecond); err != nil {
			return err
		}
	}
}

// kustomized lets the Kustomization of a preview have deployed that.
func (t *trial) kustomized(ctx context.Context, id string) error {
	object, err := t.object(ctx, id)
	if err != nil {
		return err
	}
	object.Object["status"] = map[string]any{
		"observedGeneration": object.GetGeneration(),
		"conditions": []any{map[string]any{
			"type": "Ready", "status": "True", "reason": "ReconciliationSucceeded", "message": "done", "lastTransitionTime": "2026-03-01T10:00:00Z",
		}},
		"inventory": map[string]any{"entries": []any{map[string]any{"id": t.flock.Namespace + "_" + name(id) + "_apps_Deployment", "v": "v1"}}},
	}
	return t.Client.Status().Update(ctx, object)
}
