package forge

import (
	"slices"
	"time"
)

// Field is a key under which a part of an item is exported.
type Field struct {
	Name string
	// text is what it says, where it is a text.
	text func(Item) string
	// value is what it says; nil where there is nothing to say.
	value func(Item) any
}

// Of returns what an item says under the key; false where that is left out: what a
// forge does not tell, and texts that are empty. The id is never left out.
func (f Field) Of(item Item) (value any, told bool) {
	value = f.value(item)
	return value, value != nil
}

// Fields are all keys, the id first. What exports an item, bounds it, makes one up
// or writes about it reads them here.
func Fields() []Field { return slices.Clone(fields) }

var fields = []Field{
	{"id", func(i Item) string { return i.ID }, func(i Item) any { return i.ID }},
	text("sha", func(i Item) string { return i.SHA }),
	text("branch", func(i Item) string { return i.Branch }),
	text("tag", func(i Item) string { return i.Tag }),
	text("digest", func(i Item) string { return i.Digest }),
	text("author", func(i Item) string { return i.Author }),
	text("title", func(i Item) string { return i.Title }),
	text("slug", func(i Item) string { return i.Slug }),
	text("targetBranch", func(i Item) string { return i.TargetBranch }),
	text("url", func(i Item) string { return i.URL }),
	{Name: "labels", value: func(i Item) any {
		if len(i.Labels) == 0 {
			return nil
		}
		return i.Labels
	}},
	ofRequest("fork", func(i Item) bool { return i.Fork }),
	ofRequest("draft", func(i Item) bool { return i.Draft }),
	{Name: "updatedAt", value: func(i Item) any {
		if i.UpdatedAt.IsZero() {
			return nil
		}
		return i.UpdatedAt.UTC().Format(time.RFC3339)
	}},
}

// text is left out where it is empty.
func text(name string, of func(Item) string) Field {
	return Field{Name: name, text: of, value: func(item Item) any {
		if text := of(item); text != "" {
			return text
		}
		return nil
	}}
}

// ofRequest is told of requests alone.
func ofRequest(name string, of func(Item) bool) Field {
	return Field{Name: name, value: func(item Item) any {
		if !item.IsRequest() {
			return nil
		}
		return of(item)
	}}
}

// unexported are the texts that nobody is told, under names for people.
var unexported = []Field{
	text("name", func(i Item) string { return i.Name }),
	text("environment", func(i Item) string { return i.Environment }),
	text("the source repository", func(i Item) string { return i.Source }),
	text("the author's login", func(i Item) string { return i.Login }),
	text("the author's number", func(i Item) string { return i.AuthorID }),
}
