package forge

import (
	"cmp"
	"time"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

// Item is one thing found at a forge: a pull request, a branch, a tag.
type Item struct {
	// ID is unique and stable within the repository: the number of a request.
	// Empty where the forge gives none: one is made of Name where it is exported.
	ID string
	// Name that is unique within the repository, of a thing that the forge does
	// not number: a branch, a tag. Empty where it has a number.
	Name string
	// SHA is the head commit, in hexadecimal.
	SHA string
	// Tag is the tag, as it is written; without refs/tags/.
	Tag string
	// Digest is what a registry's tag stands for, such as sha256:HEX.
	Digest string
	// Branch is the source branch, without refs/heads/.
	Branch string
	// Environment is the name of a deployment environment.
	Environment string
	// TargetBranch is the branch that the request asks to be merged into.
	TargetBranch string
	// Title as the author wrote it.
	Title string
	// Author is the login, or where a forge has none, the display name.
	Author string
	// Login is what filters by author go by, where Author is a name that everybody
	// chooses for themselves; empty where it is not.
	Login string
	// AuthorID is the number of the author's account, which nobody gets after them;
	// empty where the forge tells none.
	AuthorID string
	// Slug is the branch as GitLab writes it into host names (CI_COMMIT_REF_SLUG).
	Slug string
	// Labels in the forge's order.
	Labels []string
	// URL is the request's web page.
	URL string
	// Fork says that the source branch is in another repository.
	Fork bool
	// Source is the repository that the source branch is in, by its name or number;
	// empty where the forge does not tell, or where it is gone.
	Source string
	// Draft says that the author does not yet ask for a merge.
	Draft bool
	// UpdatedAt is when the request was last touched; zero when unknown.
	UpdatedAt time.Time
	// Closed says that the request is closed or merged. A listing holds none
	// such; a look-up may.
	Closed bool
	// Values are the whole input set of what brings its own, in the place of
	// the fields above; the id is among them where the source gives one.
	Values v1.ResourceSetInput
	// Refused says why the thing cannot be an input as it is now; nil when it
	// can. The others of the listing are none the worse for it.
	Refused error
	// Nameless says that the ID is only where the thing stands in the listing:
	// it may be any of those that are missing.
	Nameless bool
}

// Unnamed is the login of an author who has none: it is nobody's.
const Unnamed = "\x00"

// WrittenBy is the name of the author that nobody can choose freely.
func (i Item) WrittenBy() string { return cmp.Or(i.Login, i.Author) }

// IsComplete reports whether it is known what to deploy. A request whose merge
// the forge has yet to try is not.
func (i Item) IsComplete() bool { return i.SHA != "" || i.Digest != "" || i.Values != nil }

// Key is what its forge knows the item by: the name of what is not numbered,
// otherwise the ID.
func (i Item) Key() string { return cmp.Or(i.Name, i.ID) }

// IsRequest reports whether the item is a pull or merge request of which more
// is known than its number.
func (i Item) IsRequest() bool { return i.SHA != "" && i.Name == "" && i.Environment == "" }

// RefName is what patterns for names are held against: the name of a tag or an
// environment, otherwise the branch. What brings its own input set goes by its
// key.
func (i Item) RefName() string { return cmp.Or(i.Tag, i.Environment, i.Branch, i.Key()) }

// HasLabel reports whether the item carries the label, case-sensitively.
func (i Item) HasLabel(label string) bool {
	for _, l := range i.Labels {
		if l == label {
			return true
		}
	}
	return false
}

// BranchItem is a branch and its head commit.
func BranchItem(name, sha string) Item { return Item{Name: name, Branch: name, SHA: sha} }

// TagItem is a tag and the commit that it stands for.
func TagItem(name, sha string) Item { return Item{Name: name, Tag: name, SHA: sha} }

// Value returns what a pointer points to, the zero value for nil.
func Value[T any](p *T) T {
	var zero T
	if p == nil {
		return zero
	}
	return *p
}
