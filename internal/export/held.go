package export

import (
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/admit"
)

const (
	// maxHeld is how many held requests a status lists.
	maxHeld = 200
	// maxHeldSize is the most that they take as JSON, in bytes: less where the
	// rest of the provider needs the room.
	maxHeldSize = 96 << 10
	// maxHeldTitle and maxHeldWords bound what one says, in letters.
	maxHeldTitle, maxHeldWords = 80, 300
	// soon is a time to which nobody waits: to tell it would be a write at each look.
	soon = time.Minute + time.Second
)

// Hold writes into the provider's status what is open, wanted and not exported as
// it is, and why: what Write made of the same verdicts is among it. It returns what
// is held for a reason that the status did not tell before.
//
// It takes no room from inputs: what does not fit is counted, and not listed. What
// is an input already comes first, as its preview is behind.
func Hold(provider *v1.ResourceSetInputProvider, verdicts []admit.Verdict, made Made, now time.Time) (news []v1.HeldRequest) {
	lines := heldOf(Read(provider), verdicts, made, now)
	before := map[[2]string]v1.HeldRequest{}
	for _, line := range provider.Status.Held {
		before[[2]string{line.ID, line.Reason}] = line
	}
	provider.Status.Held, provider.Status.HeldCounts = nil, nil
	if len(lines) == 0 {
		return nil
	}
	provider.Status.HeldCounts = map[string]int64{}
	left := min(maxHeldSize, maxObject-sizeOf(provider))
	for _, line := range lines {
		provider.Status.HeldCounts[line.Reason]++
		was, known := before[[2]string{line.ID, line.Reason}]
		if line.Since.IsZero() {
			line.Since = metav1.NewTime(now.Truncate(time.Second))
			if known {
				line.Since = was.Since
			}
		}
		if left -= sizeOf(line) + 1; left < 0 || len(provider.Status.Held) == maxHeld {
			left = min(left, 0) // what is listed has no gap that depends on its size
			continue
		}
		provider.Status.Held = append(provider.Status.Held, line)
		if !known {
			news = append(news, line)
		}
	}
	return news
}

// heldOf returns what is held: inputs first, else in the order of the verdicts.
func heldOf(exported Inputs, verdicts []admit.Verdict, made Made, now time.Time) []v1.HeldRequest {
	omitted := make(map[string]Omission, len(made.Omitted))
	for _, one := range made.Omitted {
		omitted[one.key] = one
	}
	var out []v1.HeldRequest
	for _, verdict := range verdicts {
		one, isOmitted := omitted[verdict.Item.Key()]
		switch {
		case verdict.Decision == admit.Export && isOmitted:
			verdict.Reason, verdict.Message = one.reason, "cannot be an input: "+one.why.Error()
		case verdict.Decision == admit.Export || verdict.Decision == admit.Refuse:
			continue
		}
		out = append(out, held(verdict, exported[verdict.Item.Key()], now))
	}
	slices.SortStableFunc(out, func(a, b v1.HeldRequest) int { return rank(a) - rank(b) })
	return out
}

// rank puts first what is an input.
func rank(line v1.HeldRequest) int {
	if line.ExportedSHA != "" {
		return 0
	}
	return 1
}

// held is the line of a verdict on what may be an input as it was before.
func held(verdict admit.Verdict, input Input, now time.Time) v1.HeldRequest {
	line := v1.HeldRequest{
		ID: cut(verdict.Item.Key(), maxHeldWords), Title: cut(verdict.Item.Title, maxHeldTitle), SHA: cut(verdict.Item.SHA, maxHeldWords),
		ExportedSHA: input.Text("sha"), Reason: string(verdict.Reason), Message: cut(verdict.Message, maxHeldWords),
		Fork: verdict.Item.Fork, NoComment: verdict.Item.HasLabel(v1.NoCommentLabel),
	}
	if input.ID != "" {
		line.ID = input.ID
	}
	if !verdict.Since.IsZero() {
		line.Since = metav1.NewTime(verdict.Since.Truncate(time.Second))
	}
	if verdict.Next.Sub(now) > soon {
		next := metav1.NewTime(verdict.Next.Truncate(time.Second))
		line.NextCheckTime = &next
	}
	return line
}

// cut returns the first letters of a text, as the API server keeps it.
func cut(text string, most int) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	if letters := []rune(text); len(letters) > most {
		return string(letters[:most-1]) + "…"
	}
	return text
}
