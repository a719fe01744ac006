package templater

import (
	"context"
	"fmt"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	"github.com/fluxcd/pkg/apis/meta"
	"github.com/fluxcd/pkg/runtime/cel"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	apimeta "k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/apply"
	"github.com/eddy-previews/eddy/internal/report"
)

// depend holds the run up until every dependency is there, and ready where
// that is asked for.
func (r *run) depend(ctx context.Context) error {
	for n, dependency := range r.set.Spec.DependsOn {
		expression, err := readyExpression(dependency)
		if err != nil {
			return report.Stall(meta.InvalidCELExpressionReason, fmt.Errorf("spec.dependsOn[%d].readyExpr: %w", n, err))
		}
		if err := r.dependency(ctx, dependency, expression); err != nil {
			message := fmt.Sprintf("Retrying dependency check: %v", err)
			return report.Hold(report.Wait(meta.DependencyNotReadyReason, message, r.RequeueDependency))
		}
	}
	return nil
}

// readyExpression compiles how a dependency is judged; nil leaves it to kstatus.
func readyExpression(d v1.Dependency) (*cel.Expression, error) {
	text := d.ReadyExpr
	if text == "" && d.APIVersion == v1.GroupVersion.String() {
		text = apply.ReadyExpr
	}
	if text == "" {
		return nil, nil
	}
	return cel.NewExpression(text, cel.WithCompile(), cel.WithStructVariables("metadata", "spec", "status", "data"))
}

// dependency reads one dependency, as the operator, and judges it.
func (r *run) dependency(ctx context.Context, d v1.Dependency, expression *cel.Expression) error {
	name := fmt.Sprintf("%s/%s", d.Kind, client.ObjectKey{Namespace: d.Namespace, Name: d.Name})
	object := &unstructured.Unstructured{}
	object.SetGroupVersionKind(schema.FromAPIVersionAndKind(d.APIVersion, d.Kind))
	err := r.Accounts.Own.Get(ctx, client.ObjectKey{Namespace: d.Namespace, Name: d.Name}, object)
	switch {
	case apierrors.IsNotFound(err):
		return fmt.Errorf("%s does not exist", name)
	case apimeta.IsNoMatchError(err):
		return fmt.Errorf("%s: the cluster does not know this kind: %w", name, err)
	case err != nil:
		return fmt.Errorf("reading %s: %w", name, err)
	case !d.Ready:
		return nil
	}
	ready, why, err := judge(ctx, r.shown(d, object), expression)
	if err != nil {
		return fmt.Errorf("judging %s: %w", name, err)
	}
	if !ready {
		return fmt.Errorf("%s is not ready: %s", name, why)
	}
	return nil
}

// shown is the object as an expression may see it: a set must not read the
// Secrets of other namespaces through the operator's eyes.
func (r *run) shown(d v1.Dependency, object *unstructured.Unstructured) map[string]any {
	if d.Kind == "Secret" && d.Namespace != r.set.Namespace {
		unstructured.RemoveNestedField(object.Object, "data")
	}
	unstructured.RemoveNestedField(object.Object, "metadata", "annotations", "kubectl.kubernetes.io/last-applied-configuration")
	return object.Object
}

func judge(ctx context.Context, object map[string]any, expression *cel.Expression) (ready bool, why string, err error) {
	if expression != nil {
		ready, err = expression.EvaluateBoolean(ctx, object)
		return ready, "its ready expression is false", err
	}
	result, err := status.Compute(&unstructured.Unstructured{Object: object})
	if err != nil {
		return false, "", err
	}
	return result.Status == status.CurrentStatus, result.Message, nil
}
