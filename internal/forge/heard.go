package forge

import "context"

// Reactions is a Repository on whose comments one can react.
type Reactions interface {
	// React shows whoever wrote a comment on a request that it was heard, by a thumb that
	// is up: one, however often it is called.
	React(ctx context.Context, request, comment string) error
}

// Unlabelled is a Repository from whose requests a label can be taken away.
type Unlabelled interface {
	// Unlabel takes a label away from a request; that it has none such is no error.
	Unlabel(ctx context.Context, request, label string) error
}
