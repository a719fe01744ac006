package gitlab

import (
	"context"
	"regexp"
	"strconv"

	gitlab "gitlab.com/gitlab-org/api/client-go"

	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/transport"
)

// saidApproved and saidOtherwise are what GitLab notes itself.
var (
	saidApproved  = regexp.MustCompile(`^approved this merge request`)
	saidOtherwise = regexp.MustCompile(`^(unapproved this merge request|removed approval|requested changes)`)
)

// Reviews implements forge.Reviews. GitLab tells who approves, and of no commit; when
// they did, its own notes tell.
//
// https://docs.gitlab.com/api/merge_request_approvals/#single-merge-request-approval
// https://docs.gitlab.com/api/notes/#list-all-merge-request-notes
func (g *Project) Reviews(ctx context.Context, item forge.Item) ([]forge.Review, error) {
	n, err := forge.Number(item.ID)
	if err != nil {
		return nil, err
	}
	state, _, err := g.client.MergeRequestApprovals.GetConfiguration(g.path, n, gitlab.WithContext(ctx))
	if err != nil {
		return nil, g.place.Unread("the approvals", item, err)
	}
	approve := map[string]bool{}
	for _, one := range state.ApprovedBy {
		if one != nil && one.User != nil {
			approve[one.User.Username] = true
		}
	}
	if len(approve) == 0 {
		return nil, nil
	}
	noted, err := g.place.ReviewsOf(ctx, item, func(ctx context.Context, at string) (forge.ReviewPage, error) {
		notes, resp, err := g.client.Notes.ListMergeRequestNotes(g.path, n, &gitlab.ListMergeRequestNotesOptions{
			ListOptions: pageAt(at), OrderBy: gitlab.Ptr("created_at"), Sort: gitlab.Ptr("asc"),
		}, gitlab.WithContext(ctx))
		if err != nil {
			return forge.ReviewPage{}, err
		}
		if err := forge.Listed(notes); err != nil {
			return forge.ReviewPage{}, err
		}
		out := forge.ReviewPage{Number: int(resp.CurrentPage), Next: transport.Cursor(resp.NextPage), Total: int(resp.TotalItems)}
		for _, one := range notes {
			out.Items = append(out.Items, reviewOf(one, approve))
		}
		return out, nil
	})
	return noted, err
}

// reviewOf reads a note of GitLab's own; of nobody where it is about something else.
func reviewOf(note *gitlab.Note, approve map[string]bool) forge.Review {
	out := forge.Review{ID: strconv.FormatInt(note.ID, 10), At: forge.Value(note.CreatedAt)}
	said, otherwise := saidApproved.MatchString(note.Body), saidOtherwise.MatchString(note.Body)
	if note.System && (said || otherwise) {
		out.By = personOf(note.Author.Username, note.Author.ID)
		out.Withdrawn = otherwise || !approve[note.Author.Username]
	}
	return out
}

// personOf is somebody; GitLab asks about them by their number.
func personOf(name string, id int64) forge.Person {
	return forge.Person{Login: name, ID: forge.Account(id), Bot: isBot.MatchString(name)}
}

// isBot is what GitLab calls the accounts of access tokens.
//
// https://docs.gitlab.com/user/project/settings/project_access_tokens/#bot-users-for-projects
var isBot = regexp.MustCompile(`^(project|group)_[0-9]+_bot`)
