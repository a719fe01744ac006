package forge

import (
	"net/http"
	"slices"
)

// Reactions are those to a comment.
func (f *Forge) Reactions(id int) []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, one := range f.told.comments {
		if one.ID == id {
			return slices.Clone(one.Reactions)
		}
	}
	return nil
}

// React lets somebody react to a comment.
func (f *Forge) React(id int, with string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, one := range f.told.comments {
		if one.ID == id {
			one.Reactions = append(one.Reactions, with)
		}
	}
}

// Labels are those of a request.
func (f *Forge) Labels(number int) []string {
	var out []string
	f.Change(number, func(r *Request) { out = slices.Clone(r.Labels) })
	return out
}

// react answers with a status for a reaction that is new, and for one that is there.
func react(field string, fresh, known int, tell func(f *Forge, one Comment) any) func(*Forge, telling, *Comment) (int, any) {
	return func(f *Forge, t telling, one *Comment) (int, any) {
		if slices.Contains(one.Reactions, t.text(field)) {
			return known, tell(f, *one)
		}
		one.Reactions = append(one.Reactions, t.text(field))
		return fresh, tell(f, *one)
	}
}

// unlabel takes labels away, as somebody.
func (f *Forge) unlabel(number int, label string) (had bool) {
	request := f.requests[number-1]
	before := *request
	request.Labels = slices.DeleteFunc(slices.Clone(request.Labels), func(l string) bool { return l == label })
	f.happens(before, *request, me)
	return len(before.Labels) > len(request.Labels)
}

// gitHubHeard are reactions, and labels that are taken away.
//
// https://docs.github.com/en/rest/reactions/reactions#create-reaction-for-an-issue-comment
// https://docs.github.com/en/rest/issues/labels#remove-a-label-from-an-issue
func gitHubHeard(c *contract) []tale {
	const at = "/repos/{owner}/{repo}/issues"
	like := c.sample(http.MethodPost, at+"/comments/{comment_id}/reactions", "reaction")
	label := c.sample(http.MethodDelete, at+"/{issue_number}/labels/{name}", "labels")
	return []tale{
		{http.MethodPost, "/issues/comments/*/reactions", about(0, react("content", http.StatusCreated, http.StatusOK, func(f *Forge, one Comment) any {
			return like.with(map[string]any{"id": f.give(), "content": one.Reactions[len(one.Reactions)-1]})
		}))},
		{http.MethodDelete, "/issues/*/labels/*", on(func(f *Forge, t telling, number int) (int, any) {
			if !f.unlabel(number, t.parts[1]) {
				return http.StatusNotFound, "Label does not exist"
			}
			return http.StatusOK, each(f.requests[number-1].Labels, func(name string) any { return label.with(map[string]any{"name": name}) })
		})},
	}
}

// giteaHeard are reactions, and labels that are taken away.
//
// https://docs.gitea.com/api/ (issuePostCommentReaction, issueGetLabels, issueRemoveLabel)
func giteaHeard() []tale {
	return []tale{
		{http.MethodPost, "/issues/comments/*/reactions", about(0, react("content", http.StatusCreated, http.StatusOK, func(_ *Forge, one Comment) any {
			return map[string]any{"user": giteaUser(me), "content": one.Reactions[len(one.Reactions)-1], "created_at": one.At}
		}))},
		{http.MethodGet, "/issues/*/labels", on(func(f *Forge, _ telling, number int) (int, any) {
			return http.StatusOK, names(f.requests[number-1].Labels)
		})},
		{http.MethodDelete, "/issues/*/labels/*", on(func(f *Forge, t telling, number int) (int, any) {
			labels := f.requests[number-1].Labels
			if at := t.number(1) - 1; at >= 0 && at < len(labels) {
				f.unlabel(number, labels[at])
			}
			return http.StatusNoContent, nil
		})},
	}
}

// gitLabHeard are emoji, and labels that are taken away.
//
// https://docs.gitlab.com/api/emoji_reactions/#add-a-new-emoji-reaction-to-a-comment
// https://docs.gitlab.com/api/merge_requests/#update-mr
func gitLabHeard() []tale {
	return []tale{
		{http.MethodPost, "/merge_requests/*/notes/*/award_emoji", about(1, react("name", http.StatusCreated, http.StatusNotFound, func(f *Forge, one Comment) any {
			return map[string]any{"id": f.give(), "name": one.Reactions[len(one.Reactions)-1], "awardable_id": one.ID}
		}))},
		{http.MethodPut, "/merge_requests/*", on(func(f *Forge, t telling, number int) (int, any) {
			f.unlabel(number, t.text("remove_labels"))
			return http.StatusOK, gitLabRequest(f, *f.requests[number-1])
		})},
	}
}

// Event is the number of the event by which a label was set last.
func (f *Forge) Event(number int, label string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := 0
	for _, one := range f.happenedTo(number, labelled) {
		if one.label == label {
			out = one.id
		}
	}
	return out
}
