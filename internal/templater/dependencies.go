package templater

import (
	"context"
	"errors"
	"fmt"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	"github.com/fluxcd/pkg/apis/meta"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	apimeta "k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/apply"
	"github.com/eddy-previews/eddy/internal/expression"
	"github.com/eddy-previews/eddy/internal/report"
	"github.com/eddy-previews/eddy/internal/throttle"
)

// depend holds the run up until every dependency is there, and ready where
// that is asked for.
func (r *run) depend(ctx context.Context) error {
	pass := r.Throttle.Pass(ctx, r.set.Namespace)
	expressions, err := r.readyExpressions(pass)
	if err != nil {
		return err
	}
	if len(expressions) == 0 {
		return nil
	}
	reader, err := r.asAccount()
	if err != nil {
		return err
	}
	budget := expression.NewBudget(pass)
	for n, dependency := range r.set.Spec.DependsOn {
		check := dependencyCheck{run: r, reader: reader, is: dependency, expression: expressions[n], budget: budget}
		if err := check.pass(ctx); err != nil {
			message := fmt.Sprintf("Retrying dependency check: %v", err)
			return report.Hold(report.Wait(meta.DependencyNotReadyReason, message, r.RequeueDependency))
		}
	}
	return nil
}

// readyExpressions compiles how each dependency is judged; a nil one is left to
// kstatus.
func (r *run) readyExpressions(pass *throttle.Pass) ([]*expression.Expression, error) {
	budget := expression.NewBudget(pass)
	out := make([]*expression.Expression, len(r.set.Spec.DependsOn))
	for n, dependency := range r.set.Spec.DependsOn {
		text := dependency.ReadyExpr
		if text == "" && dependency.APIVersion == v1.GroupVersion.String() {
			text = apply.ReadyExpr
		}
		if text == "" {
			continue
		}
		var err error
		if out[n], err = budget.Compile(text); err != nil {
			return nil, report.Stall(meta.InvalidCELExpressionReason, fmt.Errorf("spec.dependsOn[%d].readyExpr: %w", n, err))
		}
	}
	return out, nil
}

// dependencyCheck is a look at one dependency.
type dependencyCheck struct {
	*run
	// reader reads as the set's account.
	reader     client.Reader
	is         v1.Dependency
	expression *expression.Expression
	// budget is shared by all dependencies of the set.
	budget *expression.Budget
}

// pass returns why the dependency holds the set up, if it does.
func (c dependencyCheck) pass(ctx context.Context) error {
	key := client.ObjectKey{Namespace: c.is.Namespace, Name: c.is.Name}
	name := fmt.Sprintf("%s/%s", c.is.Kind, key)
	object := &unstructured.Unstructured{}
	object.SetGroupVersionKind(schema.FromAPIVersionAndKind(c.is.APIVersion, c.is.Kind))
	err := c.reader.Get(ctx, key, object)
	switch {
	case apierrors.IsNotFound(err):
		return fmt.Errorf("%s does not exist", name)
	case apimeta.IsNoMatchError(err):
		return fmt.Errorf("%s: the cluster does not know this kind: %w", name, err)
	case apierrors.IsForbidden(err):
		return fmt.Errorf("reading %s: %w; dependencies are read as %s: grant it the verb get", name, err, c.reads())
	case err != nil:
		return fmt.Errorf("reading %s: %w", name, err)
	case !c.is.Ready:
		return nil
	}
	ready, why, err := c.judge(ctx, c.shown(object))
	if err != nil {
		return fmt.Errorf("judging %s: %w", name, err)
	}
	if !ready {
		return fmt.Errorf("%s is not ready: %s", name, why)
	}
	return nil
}

// reads names who reads the dependencies.
func (r *run) reads() string {
	if account := r.account(); account != "" {
		return fmt.Sprintf("service account %s/%s", r.set.Namespace, account)
	}
	return "the operator"
}

// shown is the object as an expression may see it. A Secret of another namespace
// has no data in it, whoever may read it: what a set is about is in its own.
func (c dependencyCheck) shown(object *unstructured.Unstructured) map[string]any {
	if c.is.Kind == "Secret" && c.is.Namespace != c.set.Namespace {
		unstructured.RemoveNestedField(object.Object, "data")
	}
	unstructured.RemoveNestedField(object.Object, "metadata", "annotations", "kubectl.kubernetes.io/last-applied-configuration")
	return object.Object
}

func (c dependencyCheck) judge(ctx context.Context, object map[string]any) (ready bool, why string, err error) {
	if c.expression != nil {
		ready, err = c.expression.Holds(ctx, object, c.budget)
		return ready, "its ready expression is false", err
	}
	result, err := status.Compute(&unstructured.Unstructured{Object: object})
	if err != nil { // its words repeat what is in the object
		return false, "", errors.New("its status is not of the form that Kubernetes objects have")
	}
	return result.Status == status.CurrentStatus, result.Message, nil
}
