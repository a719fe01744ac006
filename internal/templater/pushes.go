package templater

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

// push is a commit, and when it was seen first.
type push struct {
	sha  string
	seen time.Time
}

// measure counts how long a preview took to get ready, from when the commit was seen
// first. What was seen before a restart is not counted.
func (r *run) measure(key string, was told, now v1.PreviewStatus) {
	isNew := was.sha != now.SHA && (was.ready != "" || r.listsAll())
	if known := r.memory.pushed[key]; isNew && known.sha != now.SHA {
		r.memory.pushed[key] = push{now.SHA, r.started}
	}
	if known, waits := r.memory.pushed[key]; waits && known.sha == now.SHA && now.Ready == metav1.ConditionTrue {
		r.Measures.BecameReady(r.started.Sub(known.seen))
		delete(r.memory.pushed, key)
	}
}

// listsAll reports whether the status has a line for each preview: of others it is not
// known whether they are new.
func (r *run) listsAll() bool {
	counts := r.saved.Status.PreviewCounts
	return counts == nil || counts.Listed == counts.Total
}
