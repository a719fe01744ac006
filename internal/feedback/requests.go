package feedback

import (
	"cmp"
	"encoding/json"
	"slices"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/feedback/card"
	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/preview"
)

// group are the providers of a namespace that watch one repository and tell it of
// that: each request has one comment, whose rows are theirs. The first by name, with
// its settings and as its account, tells for all.
func group(of *v1.ResourceSetInputProvider, all []v1.ResourceSetInputProvider) []v1.ResourceSetInputProvider {
	var out []v1.ResourceSetInputProvider
	for _, one := range all {
		if one.Namespace == of.Namespace && one.Spec.Type == of.Spec.Type && one.Spec.Feedback != nil &&
			one.DeletionTimestamp.IsZero() && forge.IsSame(one.Spec.URL, of.Spec.URL) {
			out = append(out, one)
		}
	}
	slices.SortFunc(out, func(a, b v1.ResourceSetInputProvider) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// request is one at the forge, and what is to be said of it.
type request struct {
	id, page, branch string
	rows             []card.Row
	fork, silent     bool
	// gone says that there is no preview of it any more, and that none is wanted.
	gone bool
	// heard is the comment that approved of a commit last, and outlived a label that did
	// so of one that is not the head any more; empty for none.
	heard    string
	outlived outlived
}

// requestsOf are all requests of which something is to be said, by their numbers: those
// with previews, those that wait for one, and those that were told of before. Of what
// is not known to be gone nothing is said.
func requestsOf(snapshot preview.Snapshot, providers []v1.ResourceSetInputProvider, told []v1.FeedbackStatus) map[string]*request {
	out := map[string]*request{}
	for _, view := range snapshot.Requests() {
		set := snapshot.SetOf(view)
		row := card.Row{Unwatched: set != nil && !set.Spec.Wait && set.Spec.Readiness == nil, Unnamed: set != nil && set.IsPermuted() && !view.HasPreview()}
		for _, part := range view.Key().Parts() {
			if view.Namespace != providers[0].Namespace || !slices.ContainsFunc(providers, func(p v1.ResourceSetInputProvider) bool { return p.Name == part.Provider }) {
				continue
			}
			if out[part.ID] == nil {
				out[part.ID] = &request{id: part.ID}
			}
			row.View = view.Of(part)
			out[part.ID].add(row)
		}
	}
	for _, one := range out {
		one.describe(providers)
	}
	for _, line := range told {
		if out[line.ID] == nil && isGone(line.ID, providers, snapshot.Sets) {
			out[line.ID] = removed(line)
		}
	}
	return out
}

// add adds a preview, once.
func (r *request) add(row card.Row) {
	if slices.ContainsFunc(r.rows, func(known card.Row) bool { return known.FullName() == row.FullName() }) {
		return
	}
	r.rows = append(r.rows, row)
	r.page, r.branch = cmp.Or(r.page, row.Request), cmp.Or(r.branch, row.Branch)
}

// has reports whether one of its previews is called so. Of one that is not watched any more
// nothing is said when the request is closed.
func (r *request) has(name string) bool {
	return slices.ContainsFunc(r.rows, func(row card.Row) bool { return row.Called() == name })
}

// describe adds what the providers tell of it, and a view does not. Of what is held that is
// what it is now, while its input stays as it was.
func (r *request) describe(providers []v1.ResourceSetInputProvider) {
	r.heed(providers)
	for _, provider := range providers {
		waits := slices.IndexFunc(provider.Status.Held, func(line v1.HeldRequest) bool { return line.ID == r.id })
		if waits >= 0 {
			r.fork, r.silent = r.fork || provider.Status.Held[waits].Fork, r.silent || provider.Status.Held[waits].NoComment
		}
		for _, input := range provider.Status.ExportedInputs {
			var labels []string
			if input.ID() != r.id {
				continue
			}
			read(input, "fork", &r.fork)
			read(input, "labels", &labels)
			r.silent = r.silent || waits < 0 && slices.Contains(labels, v1.NoCommentLabel)
		}
	}
}

// read reads a value of an input; what is of another kind is left as it is.
func read(input v1.ResourceSetInput, key string, into any) {
	if raw := input[key]; raw != nil {
		_ = json.Unmarshal(raw.Raw, into) // somebody gave it another value by defaultValues
	}
}

// removed is a request of which there was a preview.
func removed(line v1.FeedbackStatus) *request {
	out := &request{id: line.ID, gone: true}
	for _, one := range line.Previews {
		view := preview.View{Service: one.Name, Name: one.Name + "/" + line.ID, Set: one.Name, ID: line.ID}
		out.rows = append(out.rows, card.Row{View: view.Gone()})
	}
	return out
}

// isGone reports whether a request that has no preview is known to want none: each
// provider has spoken, and neither exports nor holds it. Where no set uses the
// providers any more, nobody asks for previews at all.
func isGone(id string, providers []v1.ResourceSetInputProvider, sets []v1.ResourceSet) bool {
	used := false
	for _, provider := range providers {
		used = used || slices.ContainsFunc(sets, func(set v1.ResourceSet) bool { return set.RefersTo(&provider) })
		if !provider.HasReported() || provider.IsDisabled() || listsLess(provider) {
			return false
		}
	}
	if !used {
		return true
	}
	for _, provider := range providers {
		held := func(line v1.HeldRequest) bool { return line.ID == id }
		exported := func(input v1.ResourceSetInput) bool {
			var other string
			read(input, "id", &other)
			return other == id
		}
		if slices.ContainsFunc(provider.Status.Held, held) || slices.ContainsFunc(provider.Status.ExportedInputs, exported) {
			return false
		}
	}
	return true
}

// listsLess reports whether a provider holds more than it lists.
func listsLess(provider v1.ResourceSetInputProvider) bool {
	held := int64(0)
	for _, count := range provider.Status.HeldCounts {
		held += count
	}
	return held > int64(len(provider.Status.Held))
}
