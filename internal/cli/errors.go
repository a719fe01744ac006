package cli

import (
	"context"
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

// explain adds to what a cluster said what to do about it. Other errors say it
// themselves.
func explain(err error) error {
	var noMatch *meta.NoKindMatchError
	var unreached *unreachedError
	if name, missing := missingContext(err); missing {
		return fmt.Errorf("context %q does not exist: choose one of `kubectl config get-contexts` with --context", name)
	}
	switch {
	case errors.Is(err, context.Canceled):
		return errors.New("interrupted")
	case errors.As(err, &noMatch) && noMatch.GroupKind.Group == v1.Group:
		return fmt.Errorf("the cluster does not know the kind %s: install Eddy first, with `eddy install`", noMatch.GroupKind.Kind)
	case apierrors.IsUnauthorized(err):
		return fmt.Errorf("the cluster does not accept your credentials: log in again, or choose another --context (%w)", err)
	case apierrors.IsForbidden(err):
		return fmt.Errorf("%w: ask for that permission, or choose another namespace with -n", err)
	case errors.As(err, &unreached):
		return unreached
	default:
		return err
	}
}

// interrupted is the end of a watch: that somebody stops it is no error.
func interrupted(ctx context.Context, err error) error {
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return nil
	}
	return err
}
