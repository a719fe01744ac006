package check

import (
	"context"
	"errors"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/credential"
	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/source"
	"github.com/eddy-previews/eddy/internal/transport"
)

// feedback looks at the providers that tell requests what becomes of their previews:
// what the operator has found their tokens may do, and, where whoever asks may read
// those, whether they may read what they are to write.
func feedback(ctx context.Context, c *Cluster) ([]Result, error) {
	var all v1.ResourceSetInputProviderList
	err := c.Client.List(ctx, &all)
	if meta.IsNoMatchError(err) || apierrors.IsNotFound(err) {
		return nil, nil // the missing definition is reported already
	}
	if err != nil {
		return nil, fmt.Errorf("looking at the providers that tell requests: %w", err)
	}
	var out []Result
	told, tried := 0, 0
	for n := range all.Items {
		one := &all.Items[n]
		if one.Spec.Feedback == nil {
			continue
		}
		could, refused := refusal(ctx, c, one)
		condition := meta.FindStatusCondition(one.Status.Conditions, v1.FeedbackReadyCondition)
		switch {
		case condition != nil && condition.Status != metav1.ConditionTrue:
			out = append(out, warning("do what it says, such as giving the token a permission; it is tried again at the provider's interval, and when its Secret changes",
				"the requests of %s/%s are not told: %s", one.Namespace, one.Name, condition.Message))
		case refused != nil:
			out = append(out, warning("give the token what it needs: "+source.Permission(one.Spec.Type, source.Comment),
				"the token of %s/%s may not read the comments that it is to write: %v", one.Namespace, one.Name, refused))
		case condition != nil: // otherwise another one of the repository tells for it
			told++
			tried += could
		}
	}
	if told > 0 {
		out = append(out, ok("the requests of %d providers are told what becomes of their previews; from here the tokens of %d were tried", told, tried))
	}
	return out, nil
}

// patience is how long one forge is waited for.
const patience = 10 * time.Second

// refusal tries the token of a provider with a read that needs what writing a comment
// needs, and returns 1 where it could be tried, and how the forge refuses that: whoever asks
// may not read the Secret, or not reach the forge, and there may be no request.
func refusal(ctx context.Context, c *Cluster, of *v1.ResourceSetInputProvider) (could int, refused error) {
	request, ref := aRequest(of), credential.OfFeedback(of)
	if request == "" || ref.Secret.Name == "" || of.GetFeedback().Comment == v1.FeatureDisabled {
		return 0, nil
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	config, err := (&credential.Reader{Client: c.Client}).Config(ctx, ref)
	if err != nil {
		return 0, nil
	}
	repository, err := source.Repository(config)
	if err != nil {
		return 0, nil
	}
	comments, can := repository.(forge.Comments)
	if !can {
		return 0, nil
	}
	_, err = comments.Comments(ctx, request, "eddy")
	switch {
	case err == nil:
		return 1, nil
	case errors.Is(err, transport.ErrForbidden), errors.Is(err, transport.ErrUnauthorized), errors.Is(err, transport.ErrNotFound):
		return 1, err
	default:
		return 0, nil
	}
}

// aRequest is one that a provider exports or holds; "" where there is none.
func aRequest(of *v1.ResourceSetInputProvider) string {
	for _, input := range of.Status.ExportedInputs {
		if id := input.ID(); id != "" {
			return id
		}
	}
	for _, held := range of.Status.Held {
		return held.ID
	}
	return ""
}
