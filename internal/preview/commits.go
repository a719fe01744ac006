package preview

import (
	"cmp"
	"net/url"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

// maxCommit bounds a commit, in bytes: an input may say anything.
const maxCommit = 128

// JoinCommits writes the commits of a preview as its line in a status does: that of its
// input set; of a permutation that of the one part that has one, else those of all that
// do, with their providers:
//
//	api=c0ffee1/web=5eed000
func JoinCommits(key Key, of func(part Key) string) string {
	var found, named []string
	for _, part := range key.Parts() {
		sha := of(part)
		if sha = strings.ToValidUTF8(sha[:min(len(sha), maxCommit)], ""); sha != "" {
			found, named = append(found, sha), append(named, part.Provider+"="+url.QueryEscape(sha))
		}
	}
	if len(found) == 1 && (!key.IsPermutation() || !strings.Contains(found[0], "=")) {
		return found[0]
	}
	return strings.Join(named, "/")
}

// commitsOf reads what JoinCommits wrote. Of a permutation with one commit, that is of the
// first part that exports one.
func commitsOf(line v1.PreviewStatus, exported func(part Key) string) map[Key]string {
	key := KeyOf(line)
	parts := key.Parts()
	if !key.IsPermutation() || !strings.Contains(line.SHA, "=") {
		at := max(0, slices.IndexFunc(parts, func(part Key) bool { return exported(part) != "" }))
		return map[Key]string{parts[at]: line.SHA}
	}
	out := map[Key]string{}
	for one := range strings.SplitSeq(line.SHA, "/") {
		provider, text, _ := strings.Cut(one, "=")
		sha, err := url.QueryUnescape(text)
		if at := slices.IndexFunc(parts, func(part Key) bool { return part.Provider == provider }); at >= 0 && err == nil {
			out[parts[at]] = sha
		}
	}
	return out
}

// part is an input set of a preview, and how it stands.
type part struct {
	Key
	input v1.ResourceSetInput
	held  Held
	// commit is the one that the preview is at, head that of the request where it is
	// another, and behind why.
	commit, head, behind string
}

// partsOf are the input sets of a preview. What is ready is so at the commit that the set
// says, and at no other: an input may be of a commit that is not deployed yet.
func partsOf(set v1.ResourceSet, line v1.PreviewStatus, inputs inputsByKey, held heldByKey) []part {
	exported := func(key Key) string { return text(inputs[placed{set.Namespace, key}], "sha") }
	at := commitsOf(line, exported)
	keys := KeyOf(line).Parts()
	out := make([]part, 0, len(keys))
	for _, key := range keys {
		one := part{Key: key, input: inputs[placed{set.Namespace, key}], commit: at[key]}
		wanted := exported(key)
		if line.SHA == "" && line.Ready != metav1.ConditionTrue {
			one.commit = wanted
		}
		waits, isHeld := held[placed{set.Namespace, key}]
		if isHeld {
			one.held = heldOf(waits)
		}
		switch {
		case isHeld && waits.SHA != "" && waits.ExportedSHA != "" && waits.SHA != waits.ExportedSHA:
			one.head, one.behind = waits.SHA, waits.Message
		case one.commit != "" && wanted != "" && wanted != one.commit:
			one.head, one.behind = wanted, lateness(set)
		}
		out = append(out, one)
	}
	return out
}

// combine adds what the input sets tell; of a permutation, each adds what those before
// it did not have. Its commits are those of the first that is behind, else of the first
// that has one.
func (p *View) combine() {
	at := slices.IndexFunc(p.parts, func(one part) bool { return one.head != "" })
	if at < 0 {
		at = slices.IndexFunc(p.parts, func(one part) bool { return one.commit != "" })
	}
	if at >= 0 {
		p.Commit, p.Head, p.behind = p.parts[at].commit, p.parts[at].head, p.parts[at].behind
	}
	for _, one := range p.parts {
		p.fill(one.input)
		if !p.IsHeld() {
			p.Held = one.held
		}
	}
}

// fill adds what an input set tells.
func (p *View) fill(in v1.ResourceSetInput) {
	for field, into := range map[string]*string{
		"branch": &p.Branch, "author": &p.Author, "title": &p.Title, "url": &p.Request,
		"approvedBy": &p.ApprovedBy, "approvedSHA": &p.ApprovedSHA,
	} {
		*into = cmp.Or(*into, text(in, field))
	}
}

// Of is the preview as one of the requests sees it that it combines: at the commit of
// that one, and held as that one is. Of a preview of one request it is the preview.
func (p View) Of(key Key) View {
	at := slices.IndexFunc(p.parts, func(one part) bool { return one.Key == key })
	if at < 0 || len(p.parts) == 1 {
		return p
	}
	one := p.parts[at]
	p.Commit, p.Head, p.behind, p.Held = one.commit, one.head, one.behind, one.held
	p.Branch, p.Author, p.Title, p.Request, p.ApprovedBy, p.ApprovedSHA = "", "", "", "", "", ""
	p.fill(one.input)
	return p
}

// IsAt reports whether the preview is at a commit, of which the first letters are enough:
// in any of the requests that it combines.
func (p View) IsAt(commit string) bool {
	return strings.HasPrefix(p.Commit, commit) ||
		slices.ContainsFunc(p.parts, func(one part) bool { return strings.HasPrefix(one.commit, commit) })
}
