package forge

import (
	"crypto/sha256"
	"encoding/hex"
)

// awsRevision is what a request is in, which changes with each push.
func awsRevision(r Request) string {
	sum := sha256.Sum256([]byte(r.SHA))
	return hex.EncodeToString(sum[:])
}

// awsApprovals are those of a revision.
//
// https://docs.aws.amazon.com/codecommit/latest/APIReference/API_GetPullRequestApprovalStates.html
func (f *Forge) awsApprovals(r Request, revision string) any {
	all := []any{}
	for _, one := range f.reviewsOf(r.Number) {
		if awsRevision(Request{SHA: one.SHA}) == revision {
			state := "REVOKE"
			if one.Verdict == Approves && !one.Dismissed {
				state = "APPROVE"
			}
			all = append(all, map[string]any{"userArn": "arn:aws:iam::111122223333:user/" + loginOf(one.Author), "approvalState": state})
		}
	}
	return map[string]any{"approvals": all}
}
