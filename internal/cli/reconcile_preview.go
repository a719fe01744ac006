package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/preview"
)

// reconcilePreview are the options of `eddy reconcile preview`.
type reconcilePreview struct {
	onePreview
	patience
	Force bool
}

func newReconcilePreviewCommand(streams Streams) *cobra.Command {
	o := &reconcilePreview{onePreview: newOnePreview(streams)}
	cmd := &cobra.Command{
		Use:   "preview NAME",
		Short: "Let forge, ResourceSet and Flux see to a preview now",
		Long: `Let the whole chain of a preview run now, one after the other: its provider asks
the forge, its ResourceSet stamps out its objects, Flux deploys its
Kustomizations and HelmReleases. Then wait until the preview is ready.

` + previewNames,
		Example: `  # A push is to be seen at once
  eddy reconcile preview api/1234`,
		Args:              oneArg,
		ValidArgsFunction: o.completePreview,
		RunE:              oneName(&o.Name, o.run),
	}
	o.bind(cmd)
	o.bindPatience(cmd)
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
	wait := &waitPreview{onePreview: o.onePreview, For: forReady, Timeout: o.Timeout}
	wait.Name = one.FullName()
	return wait.run(ctx)
}

// named is one of an object of ours.
func (r *reconciling) named(ctx context.Context, kind string, named stored) error {
	found, err := r.server.find(ctx, kind, named.GetNamespace(), named.GetName())
	if err == nil {
		_, err = r.one(ctx, found)
	}
	return err
}

// deploy lets Flux deploy what the preview has by now.
func (o *reconcilePreview) deploy(ctx context.Context, run reconciling, one found) error {
	now, err := one.reader.Snapshot(ctx, one.Namespace)
	if err != nil {
		return err
	}
	current, err := preview.Find(one.FullName(), now.Requests())
	if err == nil && !current.HasPreview() {
		return fmt.Errorf("%s has no preview: %s", current.Name, current.Standing())
	}
	var gone *preview.NotFoundError
	if errors.As(err, &gone) {
		return fmt.Errorf("%s is gone: its pull request is closed, or is no input any more", one.Name)
	}
	if err != nil {
		return err
	}
	for _, deployer := range now.DeployersOf(current) {
		if _, err := run.one(ctx, deployer); err != nil && !apierrors.IsNotFound(err) {
			return err
		}
	}
	return nil
}
