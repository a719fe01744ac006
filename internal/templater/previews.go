package templater

import (
	"errors"
	"strings"
	"time"

	"github.com/fluxcd/pkg/apis/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/apply"
	"github.com/eddy-previews/eddy/internal/preview"
)

const (
	// maxObject is the most that a ResourceSet may take as JSON, in bytes: etcd
	// accepts requests of 1.5 MiB, and who manages which field takes room as well.
	maxObject = 1200 << 10
	// maxWords bounds the message of one preview, in bytes.
	maxWords = 1 << 10
	// fewBytes is up to when previews surely fit, and besideTexts about what one takes
	// beside its texts.
	fewBytes, besideTexts = 600 << 10, 400
)

// lines says what each preview has come to; owned is what the set owns now. A set
// that renders once has none.
func (r *run) lines(p desired, result applied, links map[string]string, owned apply.Inventory) []v1.PreviewStatus {
	if r.single() {
		return nil
	}
	before := make(map[preview.Key]v1.PreviewStatus, len(r.set.Status.Previews))
	for _, one := range r.set.Status.Previews {
		before[preview.KeyOf(one)] = one
	}
	counts, waiting := map[string]int64{}, result.waiting()
	for _, entry := range owned {
		counts[entry.Owner]++
	}
	lines := make([]v1.PreviewStatus, 0, len(p.previews))
	for _, one := range p.previews {
		now := one.status(result.failed, waiting)
		if late, is := result.late[one.key]; is && now.Ready == metav1.ConditionTrue {
			deployedSo(&now, late)
		}
		was, known := before[preview.KeyOf(now)]
		if r.set.Spec.Readiness != nil {
			now.ReadySHA = was.ReadySHA
		}
		if r.set.Spec.Readiness != nil && now.Ready == metav1.ConditionTrue {
			now.ReadySHA = now.SHA
		}
		now.URL = links[one.key]
		if one.revision == "" || p.failed.has(one.key) { // it keeps what it had
			now.Objects, now.Revision, now.URL = counts[one.key], was.Revision, was.URL
		}
		now.LastTransitionTime = was.LastTransitionTime
		if !known || was.Ready != now.Ready {
			now.LastTransitionTime = metav1.NewTime(r.started.Truncate(time.Second))
		}
		r.measure(one.key, r.told()[one.key], now)
		lines = append(lines, now)
	}
	return lines
}

// status is what a run made of a preview.
func (p asked) status(failed, waiting problems) v1.PreviewStatus {
	out := v1.PreviewStatus{
		ID: p.input.Label(), Provider: p.input.Provider.Name, Objects: int64(p.objects), Revision: p.revision,
		Ready: metav1.ConditionTrue, Reason: meta.ReconciliationSucceededReason,
	}
	out.SHA = preview.JoinCommits(preview.KeyOf(out), p.input.Commit)
	if met, ok := failed.of(p.key); ok {
		out.Ready, out.Reason, out.Message = metav1.ConditionFalse, met.reason, words(met.err)
	} else if met, ok := waiting.of(p.key); ok {
		out.Ready, out.Reason, out.Message = metav1.ConditionUnknown, met.reason, words(met.err)
	}
	return out
}

// deployedSo says of a preview that is applied how what it has deployed is.
func deployedSo(line *v1.PreviewStatus, late preview.Rollout) {
	line.Ready, line.Message = late.Ready, words(errors.New(late.Message))
	if late.Ready != metav1.ConditionTrue {
		line.Reason = late.Reason
	}
}

// words returns an error as a message of bounded length.
func words(err error) string {
	text := err.Error()
	if len(text) <= maxWords {
		return text
	}
	return strings.ToValidUTF8(text[:maxWords], "") + " …"
}

func countPreviews(previews []v1.PreviewStatus) *v1.PreviewCounts {
	counts := &v1.PreviewCounts{Total: int64(len(previews))}
	for _, one := range previews {
		switch one.Ready {
		case metav1.ConditionTrue:
			counts.Ready++
		case metav1.ConditionFalse:
			counts.Failed++
		default:
			counts.Unknown++
		}
	}
	return counts
}

// fitting returns the previews for which the object has room, in their order:
// those that are not ready first of all.
func (r *run) fitting(previews []v1.PreviewStatus) []v1.PreviewStatus {
	about := 0
	for _, one := range previews {
		about += besideTexts + len(one.ID) + len(one.Provider) + len(one.SHA) + len(one.ReadySHA) + len(one.URL) + len(one.Revision) + len(one.Message)
	}
	if about <= fewBytes {
		return previews
	}
	room := maxObject - sizeWithoutPreviews(r.set)
	keep := make([]bool, len(previews))
	for _, ready := range []bool{false, true} {
		for i, one := range previews {
			if (one.Ready == metav1.ConditionTrue) != ready {
				continue
			}
			if n := sizeOfLine(one) + 1; n <= room {
				keep[i], room = true, room-n
			}
		}
	}
	var out []v1.PreviewStatus
	for i, one := range previews {
		if keep[i] {
			out = append(out, one)
		}
	}
	return out
}
