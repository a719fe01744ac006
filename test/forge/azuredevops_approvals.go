package forge

import "slices"

// azureVotes are threads of the server's own, one for each vote.
//
// https://learn.microsoft.com/en-us/rest/api/azure/devops/git/pull-request-threads/list
func azureVotes(f *Forge, number int) []any {
	return each(f.reviewsOf(number), func(one Review) any {
		text := func(value string) any { return map[string]any{"$type": "System.String", "$value": value} }
		vote := azureVote(one)
		return map[string]any{
			"id": one.ID, "isDeleted": false, "publishedDate": one.At,
			"properties": map[string]any{"CodeReviewThreadType": text("VoteUpdate"), "CodeReviewVoteResult": text(vote)},
			"comments": []any{map[string]any{
				"id": 1, "content": one.Author + " voted " + vote, "commentType": "system", "author": azureIdentity(one.Author),
			}},
		}
	})
}

func azureVote(one Review) string {
	return map[string]string{Approves: "10", Refuses: "-10", Looks: "0"}[one.Verdict]
}

func azureIdentity(author string) map[string]any {
	return map[string]any{"id": AzureID(author), "displayName": loginOf(author), "uniqueName": loginOf(author) + "@example.com"}
}

// azureReviewers are those who voted, as their vote stands.
//
// https://learn.microsoft.com/en-us/rest/api/azure/devops/git/pull-request-reviewers
func azureReviewers(f *Forge, number int) []any {
	out, seen := []any{}, map[string]bool{}
	for _, one := range slices.Backward(f.reviewsOf(number)) {
		if seen[one.Author] {
			continue
		}
		seen[one.Author] = true
		reviewer := azureIdentity(one.Author)
		reviewer["vote"] = map[bool]int{true: 10, false: 0}[f.standing(number, one.Author)]
		out = append(out, reviewer)
	}
	return out
}
