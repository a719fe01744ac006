package approval

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/lru"
)

// remember is how long it counts what somebody may.
const remember = 10 * time.Minute

// most is how many people are asked about for one request, beside those who are known to
// matter: whoever likes may comment.
const most = 20

// maxPeople is of how many it is remembered what they may.
const maxPeople = 10_000

// judge says who may approve.
type judge struct {
	spec       v1.Forks
	repository forge.Repository
	now        time.Time
	known      *lru.Cache[string, permitted]
	// matters are those who approved of the request before, or may by name: nobody who
	// speaks after them keeps them from being looked at.
	matters map[string]bool
	asked   int
	// partial says that there were more people than are asked about.
	partial bool
}

// begin begins with a request, whose approvals are recorded.
func (j *judge) begin(item forge.Item, records []v1.Approval) {
	j.asked, j.partial, j.matters = 0, false, map[string]bool{}
	for _, record := range records {
		if isOf(record, item) {
			j.matters[strings.ToLower(record.By)], j.matters["#"+record.ByID] = true, true
		}
	}
	for _, name := range j.spec.Approvers {
		j.matters[strings.ToLower(name)] = true
	}
}

// permitted is what was found out about somebody, and when.
type permitted struct {
	may bool
	why string
	at  time.Time
}

// judge reports whether somebody may approve of an item; why says why not, for people.
func (j *judge) judge(ctx context.Context, who forge.Person, item forge.Item) (may bool, why string, err error) {
	name := strings.ToLower(who.Login)
	switch {
	case name == "" || who.Login == forge.Unnamed:
		return false, "the forge does not say who it was", nil
	case strings.EqualFold(who.Login, item.WrittenBy()), strings.EqualFold(who.Login, item.Author), who.ID != "" && who.ID == item.AuthorID:
		return false, shown(who) + " wrote it", nil
	}
	account := strings.ToLower(name + "#" + who.ID)
	if found, is := j.known.Get(account); is && j.now.Sub(found.at) < remember {
		return found.may, found.why, nil
	}
	matters := j.matters[name] || j.matters[account] || who.ID != "" && j.matters["#"+who.ID]
	if !matters {
		j.asked++
	}
	if j.asked > most && !matters {
		j.partial = true
		return false, "more people ask for it than are looked at", nil
	}
	found := permitted{at: j.now}
	if len(j.spec.Approvers) > 0 {
		found.may, err = j.isNamed(ctx, who)
		found.why = shown(who) + " is none of spec.forks.approvers"
	} else {
		found.may, found.why, err = j.isAllowed(ctx, who)
	}
	if err != nil {
		return false, "", err
	}
	j.known.Put(account, found, 1)
	return found.may, found.why, nil
}

// isNamed reports whether somebody is one of spec.forks.approvers, or in a team that is.
func (j *judge) isNamed(ctx context.Context, who forge.Person) (bool, error) {
	if slices.ContainsFunc(j.spec.Approvers, func(name string) bool { return forge.IsCalled(name, who.Login, who.ID) }) {
		return true, nil
	}
	for _, name := range j.spec.Approvers {
		team, isTeam := strings.CutPrefix(name, "@")
		if !isTeam {
			continue
		}
		teams, has := j.repository.(forge.Teams)
		if !has {
			return false, fmt.Errorf("spec.forks.approvers: %q: the forge does not tell who is in a team: name people", name)
		}
		if is, err := teams.IsMember(ctx, team, who); is || err != nil {
			return is, err
		}
	}
	return false, nil
}

// isAllowed reports whether somebody has the permission that is asked for.
func (j *judge) isAllowed(ctx context.Context, who forge.Person) (may bool, why string, err error) {
	asked, tells := j.repository.(forge.Permissions)
	switch {
	case who.Bot:
		return false, shown(who) + " is a bot, and none of spec.forks.approvers", nil
	case !tells:
		return false, "the forge does not tell what " + shown(who) + " may do: name those who may approve in spec.forks.approvers", nil
	}
	has, err := asked.Permission(ctx, who)
	return has.AtLeast(forge.Permission(j.spec.Permission)), fmt.Sprintf("%s has the permission %s", shown(who), has), err
}

// shown is the name of somebody in a message.
func shown(who forge.Person) string {
	const enough = 40
	return forge.Cut(who.Login, enough)
}
