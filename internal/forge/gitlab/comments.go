package gitlab

import (
	"context"
	"strconv"

	gitlab "gitlab.com/gitlab-org/api/client-go"

	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/transport"
)

// Markdown implements forge.Comments.
func (g *Project) Markdown() forge.Markdown {
	return forge.Markdown{Hides: true, Folds: true, Tables: true, Most: 60_000}
}

// Comments implements forge.Comments. The time of a note changes with its text, with each
// emoji and as somebody answers it first, and the API does not tell which it was: each
// counts as an edit.
//
// https://docs.gitlab.com/api/notes/#list-all-merge-request-notes
func (g *Project) Comments(ctx context.Context, request, holding string) ([]forge.Comment, error) {
	return g.place.CommentsHolding(ctx, holding, func(ctx context.Context, at string) (forge.CommentPage, error) {
		n, err := forge.Number(request)
		if err != nil {
			return forge.CommentPage{}, err
		}
		notes, resp, err := g.client.Notes.ListMergeRequestNotes(g.path, n, &gitlab.ListMergeRequestNotesOptions{
			ListOptions: pageAt(at), OrderBy: gitlab.Ptr("created_at"), Sort: gitlab.Ptr("asc"),
		}, gitlab.WithContext(ctx))
		if err != nil {
			return forge.CommentPage{}, err
		}
		if err := forge.Listed(notes); err != nil {
			return forge.CommentPage{}, err
		}
		out := forge.CommentPage{Number: int(resp.CurrentPage), Next: transport.Cursor(resp.NextPage), Total: int(resp.TotalItems)}
		for _, one := range notes {
			comment := forge.Comment{ID: strconv.FormatInt(one.ID, 10), Text: one.Body, At: forge.Value(one.CreatedAt)}
			comment.Edited = !forge.Value(one.UpdatedAt).Equal(comment.At)
			if !one.System {
				comment.By = personOf(one.Author.Username, one.Author.ID)
			}
			out.Items = append(out.Items, comment)
		}
		return out, nil
	})
}

// Comment implements forge.Comments.
//
// https://docs.gitlab.com/api/notes/#create-a-merge-request-note
func (g *Project) Comment(ctx context.Context, request, text string) (string, error) {
	id, err := g.comment(ctx, request, text)
	return id, g.told(ctx, "commenting on", request, err)
}

func (g *Project) comment(ctx context.Context, request, text string) (string, error) {
	n, err := forge.Number(request)
	if err != nil {
		return "", err
	}
	made, _, err := g.client.Notes.CreateMergeRequestNote(g.path, n, &gitlab.CreateMergeRequestNoteOptions{Body: &text}, gitlab.WithContext(ctx))
	if err != nil {
		return "", err
	}
	return strconv.FormatInt(made.ID, 10), forge.Exists(made.ID)
}

// Recomment implements forge.Comments.
//
// https://docs.gitlab.com/api/notes/#update-a-merge-request-note
func (g *Project) Recomment(ctx context.Context, request string, comment forge.Comment) error {
	return g.told(ctx, "changing the comment on", request, g.recomment(ctx, request, comment))
}

func (g *Project) recomment(ctx context.Context, request string, comment forge.Comment) error {
	n, err := forge.Number(request)
	if err != nil {
		return err
	}
	id, err := forge.Number(comment.ID)
	if err != nil {
		return err
	}
	_, _, err = g.client.Notes.UpdateMergeRequestNote(g.path, n, id, &gitlab.UpdateMergeRequestNoteOptions{Body: &comment.Text}, gitlab.WithContext(ctx))
	return err
}

// Uncomment implements forge.Comments.
//
// https://docs.gitlab.com/api/notes/#delete-a-merge-request-note
func (g *Project) Uncomment(ctx context.Context, request, id string) error {
	return g.told(ctx, "taking away a comment on", request, g.uncomment(ctx, request, id))
}

func (g *Project) uncomment(ctx context.Context, request, id string) error {
	n, err := forge.Number(request)
	if err != nil {
		return err
	}
	note, err := forge.Number(id)
	if err != nil {
		return err
	}
	_, err = g.client.Notes.DeleteMergeRequestNote(g.path, n, note, gitlab.WithContext(ctx))
	return err
}
