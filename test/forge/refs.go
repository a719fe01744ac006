package forge

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// Ref is a branch or a tag.
type Ref struct {
	Name, SHA string
	// Annotated says that the tag is an object of its own, which stands for the
	// commit.
	Annotated bool
}

// object is what the reference names itself: the tag's object or the commit.
func (r Ref) object() string {
	if r.Annotated {
		return "a0" + r.SHA[min(2, len(r.SHA)):]
	}
	return r.SHA
}

// Branch makes a branch, or moves it to another commit.
func (f *Forge) Branch(name, sha string) { f.put(&f.branches, Ref{Name: name, SHA: sha}) }

// DeleteBranch deletes a branch.
func (f *Forge) DeleteBranch(name string) { f.drop(&f.branches, name) }

// Tag makes a tag of the commit, or moves it there.
func (f *Forge) Tag(name, sha string) { f.put(&f.tags, Ref{Name: name, SHA: sha}) }

// Annotate makes a tag that is an object of its own.
func (f *Forge) Annotate(name, sha string) { f.put(&f.tags, Ref{name, sha, true}) }

// DeleteTag deletes a tag.
func (f *Forge) DeleteTag(name string) { f.drop(&f.tags, name) }

func (f *Forge) put(refs *[]Ref, ref Ref) {
	f.mu.Lock()
	defer f.mu.Unlock()
	insert(refs, ref)
}

// insert keeps references in the order of their names.
func insert(refs *[]Ref, ref Ref) {
	*refs = slices.DeleteFunc(*refs, func(r Ref) bool { return r.Name == ref.Name })
	*refs = append(*refs, ref)
	slices.SortFunc(*refs, func(a, b Ref) int { return cmp.Compare(a.Name, b.Name) })
}

func (f *Forge) drop(refs *[]Ref, name string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	*refs = slices.DeleteFunc(*refs, func(r Ref) bool { return r.Name == name })
}

// branchesAt is the endpoint of branches, told in the words of a forge.
func branchesAt(path string, tell func(Ref) any) endpoint {
	return refsAt(path, func(f *Forge) []Ref { return f.branches }, tell)
}

// tagsAt is the endpoint of tags.
func tagsAt(path string, tell func(Ref) any) endpoint {
	return refsAt(path, func(f *Forge) []Ref { return f.tags }, tell)
}

func refsAt(path string, refs func(*Forge) []Ref, tell func(Ref) any) endpoint {
	return endpoint{
		path: path,
		list: func(f *Forge, r *http.Request) []any {
			var out []any
			for _, ref := range refs(f) {
				if wanted(r, ref) {
					out = append(out, tell(ref))
				}
			}
			return out
		},
		one: func(f *Forge, _ *http.Request, key string) any {
			for _, ref := range refs(f) {
				if ref.Name == key {
					return tell(ref)
				}
			}
			return nil
		},
	}
}

// wanted tells whether a reference passes the filters of a request to
// Bitbucket: part of the name on a server, a query in the cloud.
func wanted(r *http.Request, ref Ref) bool {
	part, query := r.URL.Query().Get("filterText"), r.URL.Query().Get("q")
	return strings.Contains(strings.ToLower(ref.Name), strings.ToLower(part)) &&
		(query == "" || query == fmt.Sprintf("name = %q", ref.Name))
}
