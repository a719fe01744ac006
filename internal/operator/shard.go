package operator

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/eddy-previews/eddy/internal/templater"
)

// newShard says which sets are worked on; one that selects none by name works on all.
func newShard(own client.Client, selector labels.Selector, options Options, now func() time.Time) *templater.Shard {
	shard := &templater.Shard{Namespace: options.Namespace, Reader: own, Now: now}
	if selector != nil {
		shard.Name, shard.Selector = options.lease(), selector
	}
	return shard
}

// ofShard lists what an operator works on; all without a selector.
type ofShard struct {
	client.Reader
	selector labels.Selector
}

// List implements client.Reader.
func (o ofShard) List(ctx context.Context, list client.ObjectList, options ...client.ListOption) error {
	if o.selector != nil {
		options = append(options, client.MatchingLabelsSelector{Selector: o.selector})
	}
	return o.Reader.List(ctx, list, options...)
}
