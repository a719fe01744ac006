package forge

import (
	"fmt"
	"net/http"
	"time"
)

// awsComments answers a page of the comments on a request, each begun by itself.
//
// https://docs.aws.amazon.com/codecommit/latest/APIReference/API_GetCommentsForPullRequest.html
func (f *Forge) awsComments(w http.ResponseWriter, r *http.Request, number int) any {
	all := []any{}
	for _, one := range f.commentsOn(number) {
		all = append(all, map[string]any{"pullRequestId": fmt.Sprint(number), "comments": []any{awsComment(*one)}})
	}
	body := f.paged(w, r, all).(map[string]any)
	return map[string]any{"commentsForPullRequestData": body["pullRequestIds"], "nextToken": body["nextToken"]}
}

func awsComment(one Comment) any {
	seconds := func(at time.Time) float64 { return float64(at.UnixMilli()) / 1000 }
	return map[string]any{
		"commentId": fmt.Sprint(one.ID), "content": one.Text, "deleted": false, "authorArn": "arn:aws:iam::111122223333:user/" + loginOf(one.Author),
		"creationDate": seconds(one.At), "lastModifiedDate": seconds(one.changed().Add(aMoment)),
	}
}

// awsRecomment answers UpdateComment.
//
// https://docs.aws.amazon.com/codecommit/latest/APIReference/API_UpdateComment.html
func (f *Forge) awsRecomment(w http.ResponseWriter, id, text string) {
	for _, one := range f.told.comments {
		if fmt.Sprint(one.ID) == id {
			one.Text = text
			one.Edits++
			answer(w, http.StatusOK, map[string]any{"comment": awsComment(*one)})
			return
		}
	}
	f.fail(w, http.StatusBadRequest, "CommentDoesNotExistException")
}

// awsUncomment answers DeleteCommentContent.
//
// https://docs.aws.amazon.com/codecommit/latest/APIReference/API_DeleteCommentContent.html
func (f *Forge) awsUncomment(w http.ResponseWriter, id string) {
	for _, one := range f.told.comments {
		if fmt.Sprint(one.ID) == id {
			f.forget(one.ID)
			answer(w, http.StatusOK, map[string]any{"comment": map[string]any{"commentId": id, "deleted": true, "authorArn": "arn:aws:iam::111122223333:user/" + one.Author}})
			return
		}
	}
	f.fail(w, http.StatusBadRequest, "CommentDoesNotExistException")
}
