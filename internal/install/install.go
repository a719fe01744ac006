package install

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/fluxcd/cli-utils/pkg/kstatus/polling"
	fluxobject "github.com/fluxcd/cli-utils/pkg/object"
	"github.com/fluxcd/pkg/ssa"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// fieldManager owns the fields of what is installed.
const fieldManager = "eddy-install"

// policies hold accounts to what they may do, and so are there before the rights are.
var policies = map[schema.GroupKind]struct{}{
	{Group: "admissionregistration.k8s.io", Kind: "ValidatingAdmissionPolicy"}:        {},
	{Group: "admissionregistration.k8s.io", Kind: "ValidatingAdmissionPolicyBinding"}: {},
}

// Installer works on one cluster.
type Installer struct {
	Client client.Client
	// Tell is told how things go, a line at a time.
	Tell func(format string, args ...any)
	// Interval is how often the cluster is asked whether the operator is ready;
	// two seconds when 0.
	Interval time.Duration
	// CreateNamespaces makes the namespaces that a plan names and there are not.
	CreateNamespaces bool

	// deleted counts what was taken out.
	deleted int
}

// Install applies a plan by server-side apply and takes out what an earlier
// one had beyond it. What is as it should be stays untouched, so that it can be
// repeated. It returns what has to become ready.
//
// An operator that Helm or Flux has installed is theirs, and an error.
func (i *Installer) Install(ctx context.Context, plan Plan) ([]*unstructured.Unstructured, error) {
	objects, err := Render(plan)
	if err != nil {
		return nil, err
	}
	if err := i.mayInstall(ctx, plan.Namespace); err != nil {
		return nil, err
	}
	if err := i.namespaces(ctx, plan.Namespace, objects); err != nil {
		return nil, err
	}
	if err := i.namespace(ctx, plan.Namespace); err != nil {
		return nil, err
	}
	if err := i.narrow(ctx, objects); err != nil {
		return nil, err
	}
	options := ssa.DefaultApplyOptions()
	options.WaitInterval = i.interval()
	options.CustomStageKinds = policies
	options.Cleanup.FieldManagers = []ssa.FieldManager{
		{Name: "kubectl", OperationType: metav1.ManagedFieldsOperationUpdate, ExactMatch: false},
		{Name: "before-first-apply", OperationType: metav1.ManagedFieldsOperationUpdate, ExactMatch: true},
	}
	changes, err := i.manager().ApplyAllStaged(ctx, objects, options)
	if changes != nil {
		i.tell(changes)
	}
	if err != nil {
		return nil, fmt.Errorf("installing into namespace %s: %w", plan.Namespace, err)
	}
	for _, component := range []client.MatchingLabels{Operators(), ownNamespaces()} {
		if err := i.prune(ctx, component, objects); err != nil {
			return nil, err
		}
	}
	return objects, nil
}

// Wait returns when all objects are ready, or with what is not.
func (i *Installer) Wait(ctx context.Context, objects []*unstructured.Unstructured, timeout time.Duration) error {
	set := fluxobject.UnstructuredSetToObjMetadataSet(objects)
	return i.manager().WaitForSetWithContext(ctx, set, ssa.WaitOptions{Interval: i.interval(), Timeout: timeout})
}

// namespaces sees to it that the namespaces of all objects are there, before anything
// is installed. That of the operator is made in any case.
func (i *Installer) namespaces(ctx context.Context, home string, objects []*unstructured.Unstructured) error {
	var missing []string
	for _, object := range objects {
		name := object.GetNamespace()
		if name == "" || name == home || slices.Contains(missing, name) {
			continue
		}
		err := i.Client.Get(ctx, client.ObjectKey{Name: name}, &corev1.Namespace{})
		switch {
		case apierrors.IsNotFound(err) && i.CreateNamespaces:
			err = i.namespace(ctx, name)
		case apierrors.IsNotFound(err):
			missing, err = append(missing, name), nil
		case apierrors.IsForbidden(err):
			err = nil // whether it is there is told when something is applied to it
		}
		if err != nil {
			return err
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("the values name namespaces that there are not: %s: nothing was installed; make them with `kubectl create namespace %s`, or give --create-namespaces",
			strings.Join(missing, ", "), strings.Join(missing, "` and `kubectl create namespace "))
	}
	return nil
}

// namespace makes the namespace where there is none. One that is there stays as
// it is: it is somebody's.
func (i *Installer) namespace(ctx context.Context, name string) error {
	namespace := &corev1.Namespace{}
	err := i.Client.Get(ctx, client.ObjectKey{Name: name}, namespace)
	if !apierrors.IsNotFound(err) {
		return err
	}
	namespace.Name = name
	if err := i.Client.Create(ctx, namespace); err != nil {
		return fmt.Errorf("creating the namespace %s: %w", name, err)
	}
	i.Tell("✔ Namespace/%s created", name)
	return nil
}

func (i *Installer) manager() *ssa.ResourceManager {
	poller := polling.NewStatusPoller(i.Client, i.Client.RESTMapper(), polling.Options{})
	return ssa.NewResourceManager(i.Client, poller, ssa.Owner{Field: fieldManager})
}

func (i *Installer) tell(changes *ssa.ChangeSet) {
	for _, change := range changes.Entries {
		i.Tell("✔ %s", change)
	}
}

func (i *Installer) interval() time.Duration {
	if i.Interval == 0 {
		return 2 * time.Second
	}
	return i.Interval
}
