package check

import (
	"context"
	"fmt"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/diagnose"
	"github.com/eddy-previews/eddy/internal/install"
	"github.com/eddy-previews/eddy/internal/object"
)

// definitions checks that the cluster has the definitions of this version.
func definitions(ctx context.Context, c *Cluster) ([]Result, error) {
	objects, err := install.Render(install.Plan{Namespace: c.Namespace})
	if err != nil {
		return nil, err
	}
	var out []Result
	for _, wanted := range objects {
		if wanted.GetKind() != "CustomResourceDefinition" {
			continue
		}
		result, err := definition(ctx, c, wanted)
		if err != nil {
			return out, err
		}
		out = append(out, result)
	}
	return out, nil
}

func definition(ctx context.Context, c *Cluster, wanted *unstructured.Unstructured) (Result, error) {
	found := &unstructured.Unstructured{}
	found.SetGroupVersionKind(wanted.GroupVersionKind())
	err := c.Client.Get(ctx, client.ObjectKeyFromObject(wanted), found)
	if apierrors.IsNotFound(err) {
		return failed("run `eddy install`", "the definition %s is missing", wanted.GetName()), nil
	}
	if err != nil {
		return Result{}, fmt.Errorf("reading the definition %s: %w", wanted.GetName(), err)
	}
	is, err := versions(found)
	if err != nil {
		return Result{}, err
	}
	should, err := versions(wanted)
	if err != nil {
		return Result{}, err
	}
	if !equality.Semantic.DeepEqual(is, should) {
		return warning("run `eddy install`, or upgrade the chart; when the cluster is ahead, upgrade this eddy",
			"the definition %s is that of another version of Eddy, or of Flux Operator", wanted.GetName()), nil
	}
	return ok("the definition %s is up to date", wanted.GetName()), nil
}

// versions are what a definition says about its kind.
func versions(definition *unstructured.Unstructured) ([]apiextensionsv1.CustomResourceDefinitionVersion, error) {
	var read apiextensionsv1.CustomResourceDefinition
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(definition.Object, &read); err != nil {
		return nil, fmt.Errorf("reading the definition %s: %w", definition.GetName(), err)
	}
	return read.Spec.Versions, nil
}

// deployed checks that the operator runs.
func deployed(ctx context.Context, c *Cluster) ([]Result, error) {
	var found appsv1.DeploymentList
	if err := c.Client.List(ctx, &found, install.Operators()); err != nil {
		return nil, fmt.Errorf("looking for the operator: %w", err)
	}
	var out []Result
	for n := range found.Items {
		result := ready(&found.Items[n])
		if result.State != OK {
			if err := stuck(ctx, c, &found.Items[n], &result); err != nil {
				return out, err
			}
		}
		result.Message += ", in namespace " + found.Items[n].Namespace
		out = append(out, result)
	}
	if len(out) > 0 {
		return out, nil
	}
	lease, err := outside(ctx, c, ofOperator)
	if err != nil {
		return nil, err
	}
	if lease != nil {
		return []Result{runsOutside("the operator", lease, c.Now)}, nil
	}
	return []Result{failed("run `eddy install`, or install the chart", "the operator is not installed")}, nil
}

// stuck says of an operator that is not ready what its pods wait for.
func stuck(ctx context.Context, c *Cluster, operator *appsv1.Deployment, result *Result) error {
	selector, err := metav1.LabelSelectorAsSelector(operator.Spec.Selector)
	if err != nil {
		return fmt.Errorf("looking for the pods of the operator: %w", err)
	}
	var pods corev1.PodList
	if err := c.Client.List(ctx, &pods, client.InNamespace(operator.Namespace), client.MatchingLabelsSelector{Selector: selector}); err != nil {
		return fmt.Errorf("looking for the pods of the operator: %w", err)
	}
	for n := range pods.Items {
		pod := &pods.Items[n]
		if at := slices.IndexFunc(pod.Status.ContainerStatuses, isUnpulled); at >= 0 {
			container := pod.Status.ContainerStatuses[at]
			result.State = Failed
			result.Message += fmt.Sprintf(": its image %s cannot be pulled (%s)", container.Image, said(container.State.Waiting))
			result.Fix = "see that the image is in its registry and that the nodes may pull it; name another with `eddy install --image`"
			return nil
		}
	}
	for n := range pods.Items {
		if told := c.explain(&pods.Items[n], result); told {
			return nil
		}
	}
	return nil
}

// isUnpulled reports whether a container waits for an image that cannot be had.
func isUnpulled(container corev1.ContainerStatus) bool {
	waits := container.State.Waiting
	return waits != nil && slices.Contains([]string{"ImagePullBackOff", "ErrImagePull", "InvalidImageName", "ErrImageNeverPull"}, waits.Reason)
}

// explain says in the words of a preview's pods what is wrong with one of the operator,
// such as that it crashes, and by which exit code. It reports whether there was anything.
func (c *Cluster) explain(pod *corev1.Pod, result *Result) bool {
	fields, err := runtime.DefaultUnstructuredConverter.ToUnstructured(pod)
	if err != nil {
		return false // it is told as one that is not ready
	}
	seen := &unstructured.Unstructured{Object: fields}
	seen.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Pod"))
	node := &diagnose.Node{ID: object.RefOf(seen), Object: seen}
	found := diagnose.Explain(node, c.Now).Findings
	if len(found) == 0 {
		return false
	}
	result.Message += ": " + found[0].Words
	result.Fix = fmt.Sprintf("`kubectl -n %s describe pod %s` says more", pod.Namespace, pod.Name)
	if slices.ContainsFunc(pod.Status.ContainerStatuses, func(s corev1.ContainerStatus) bool { return s.LastTerminationState.Terminated != nil }) {
		result.Fix = fmt.Sprintf("`kubectl -n %s logs %s --previous` has its last words", pod.Namespace, pod.Name)
	}
	return true
}

// said is what a container waits for, in as many words as there are.
func said(waits *corev1.ContainerStateWaiting) string {
	if waits.Message == "" {
		return waits.Reason
	}
	return waits.Reason + ": " + waits.Message
}

// managers looks at who wrote the status of the objects last: another operator
// that runs elsewhere, under a name that is not looked for, gives itself away.
func managers(ctx context.Context, c *Cluster) ([]Result, error) {
	var theirs []string
	count := 0
	for _, kind := range []string{v1.ResourceSetKind, v1.ResourceSetInputProviderKind} {
		list := &metav1.PartialObjectMetadataList{}
		list.SetGroupVersionKind(v1.GroupVersion.WithKind(kind + "List"))
		err := c.Client.List(ctx, list)
		if meta.IsNoMatchError(err) || apierrors.IsNotFound(err) {
			return nil, nil // the missing definition is reported already
		}
		if err != nil {
			return nil, fmt.Errorf("looking at objects of kind %s: %w", kind, err)
		}
		count += len(list.Items)
		for n := range list.Items {
			if lastWriter(&list.Items[n]) == peer {
				theirs = append(theirs, fmt.Sprintf("%s/%s/%s", kind, list.Items[n].Namespace, list.Items[n].Name))
			}
		}
	}
	if len(theirs) > 0 {
		slices.Sort(theirs)
		return []Result{warning("see that no Flux Operator runs; Eddy takes them over when it reconciles them",
			"%d of %d objects were last written by Flux Operator, %s among them", len(theirs), count, theirs[0])}, nil
	}
	return []Result{ok("%d objects, and none of them last written by Flux Operator", count)}, nil
}

// peer is the field manager of Flux Operator.
const peer = "flux-operator"

// lastWriter is the field manager that wrote an object's status last.
func lastWriter(o *metav1.PartialObjectMetadata) string {
	var last metav1.ManagedFieldsEntry
	for _, entry := range o.ManagedFields {
		if entry.Subresource == "status" && entry.Time != nil && (last.Time == nil || last.Time.Before(entry.Time)) {
			last = entry
		}
	}
	return last.Manager
}
