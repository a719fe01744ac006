package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/fluxcd/pkg/apis/meta"
	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/flux"
	"github.com/eddy-previews/eddy/internal/object"
	"github.com/eddy-previews/eddy/internal/preview"
	"github.com/eddy-previews/eddy/internal/terminal"
)

// reconcilePreview are the options of `eddy reconcile preview`.
type reconcilePreview struct {
	onePreview
	patience
	Force      bool
	WithSource bool
}

func newReconcilePreviewCommand(streams Streams) *cobra.Command {
	o := &reconcilePreview{onePreview: newOnePreview(streams)}
	cmd := &cobra.Command{
		Use:   "preview NAME",
		Short: "Let forge, ResourceSet and Flux see to a preview now",
		Long: `Let the whole chain of a preview run now, one after the other: its provider asks
the forge, its ResourceSet stamps out its objects, Flux deploys its
Kustomizations and HelmReleases. Then wait until the preview is ready, or has
failed. With --with-source Flux fetches first what it deploys from.

` + previewNames,
		Example: `  # A push is to be seen at once
  eddy reconcile preview api/1234

  # And the overlay in the fleet repository has changed, too
  eddy reconcile preview api/1234 --with-source`,
		Args:              oneArg,
		ValidArgsFunction: o.completePreview,
		RunE:              oneName(&o.Name, o.run),
	}
	o.bind(cmd)
	o.bindPatience(cmd)
	cmd.Flags().BoolVar(&o.WithSource, "with-source", false, "let Flux fetch what it deploys from, before it deploys")
	cmd.Flags().BoolVar(&o.Force, "force", false, "ask the forge whatever the provider's schedule says")
	return cmd
}

func (o *reconcilePreview) run(ctx context.Context) error {
	one, err := o.findRequest(ctx)
	if err != nil {
		return err
	}
	run := reconciling{Streams: o.Streams, patience: o.patience, server: apiServer{one.reader.Client}}
	waiting, cancel := context.WithTimeout(ctx, o.Timeout)
	defer cancel()
	run.request.Force = o.Force
	for _, provider := range one.snapshot.ProvidersOf(one.View) {
		if err := run.named(waiting, v1.ResourceSetInputProviderKind, &provider); err != nil {
			return err
		}
	}
	run.request.Force = false
	set := &v1.ResourceSet{}
	set.Namespace, set.Name = one.Namespace, one.Set
	if err := run.named(waiting, v1.ResourceSetKind, set); err != nil {
		return err
	}
	if err := o.deploy(waiting, run, one); err != nil {
		return err
	}
	if !o.Wait {
		return nil
	}
	// What Flux did is news to the set, and what it said before that is not.
	if err := run.named(waiting, v1.ResourceSetKind, set); err != nil {
		return err
	}
	wait := &waitPreview{onePreview: o.onePreview, For: forReady, Timeout: o.Timeout, known: one.Name}
	wait.Name = one.FullName()
	err = wait.run(ctx)
	if late := new(ExitError); errors.As(err, &late) && late.Code == timedOut {
		return late.Err // it is one of several waits, which all end in one way
	}
	return err
}

// named is one of an object of ours.
func (r *reconciling) named(ctx context.Context, kind string, named stored) error {
	found, err := r.server.find(ctx, kind, named.GetNamespace(), named.GetName())
	if err == nil {
		found, err = r.one(ctx, found)
	}
	if err != nil || !r.Wait || kind != v1.ResourceSetInputProviderKind {
		return err
	}
	if ready := flux.Ready(found); ready.Status == metav1.ConditionFalse {
		return fmt.Errorf("%s is not ready: %s: %s", describeObject(found), ready.Reason, terminal.OneLine(ready.Message))
	}
	return nil
}

// deploy lets Flux deploy what the preview has by now.
func (o *reconcilePreview) deploy(ctx context.Context, run reconciling, one found) error {
	now, err := one.reader.Snapshot(ctx, one.Namespace)
	if err != nil {
		return err
	}
	current, err := preview.Find(one.FullName(), now.Requests())
	if err == nil && !current.HasPreview() {
		return noPreviewError(current)
	}
	var gone *preview.NotFoundError
	if errors.As(err, &gone) {
		return goneError(one.Name)
	}
	if err != nil {
		return err
	}
	if line := now.LineOf(current); o.Wait && line != nil && line.Ready == metav1.ConditionFalse && line.Reason == meta.ReconciliationFailedReason {
		return fmt.Errorf("%s failed: %s", one.Name, terminal.OneLine(line.Message))
	}
	if o.WithSource {
		if err := fetchSources(ctx, run, now.DeployersOf(current)); err != nil {
			return err
		}
	}
	for _, deployer := range now.DeployersOf(current) {
		if _, err := run.one(ctx, deployer); err != nil && !apierrors.IsNotFound(err) {
			return err
		}
	}
	return nil
}

// goneError says that there is neither a preview nor a request of it.
func goneError(name string) error {
	return fmt.Errorf("%s is gone: its pull request is closed, or is no input any more", name)
}

// noPreviewError says how the request of a preview stands that is not there.
func noPreviewError(one preview.View) error {
	return errors.New(terminal.OneLine(fmt.Sprintf("%s has no preview: %s", one.Name, one.Standing())))
}

// fetchSources lets Flux fetch what deployers deploy from, each source once.
func fetchSources(ctx context.Context, run reconciling, deployers []*unstructured.Unstructured) error {
	asked := map[object.Ref]bool{}
	for _, deployer := range deployers {
		for _, id := range flux.Sources(deployer) {
			if asked[id] {
				continue
			}
			asked[id] = true
			source, err := run.server.findAny(ctx, id)
			if err != nil {
				return fmt.Errorf("reading %s, which %s deploys from: %w", id, describeObject(deployer), err)
			}
			if kind, _, _ := unstructured.NestedString(source.Object, "spec", "type"); kind == "oci" {
				continue // nothing is fetched for a HelmRepository of this type, and nobody answers
			}
			if source, err = run.one(ctx, source); err != nil {
				return err
			}
			if ready := flux.Ready(source); run.Wait && ready.Status == metav1.ConditionFalse {
				return fmt.Errorf("%s is not ready: %s: %s", describeObject(source), ready.Reason, terminal.OneLine(ready.Message))
			}
		}
	}
	return nil
}
