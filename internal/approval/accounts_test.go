package approval_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/approval"
	forges "github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/test/forge"
)

// takenOver are the forges that tell accounts apart from the logins that they go by. A
// login at Bitbucket Cloud is an account; CodeCommit tells no more than the login.
func takenOver(t *testing.T, spec v1.Forks, play func(t *testing.T, b *bench)) {
	t.Helper()
	onEvery(t, spec, func(t *testing.T, b *bench) {
		if b.forge.AWS != nil {
			t.Skip("AWS tells no more than the name of a user")
		}
		play(t, b)
	})
}

func TestWhoTakesTheLoginOfAnAuthorWhoIsTrustedIsNotTrusted(t *testing.T) {
	takenOver(t, v1.Forks{Scope: v1.ApproveAuthor}, func(t *testing.T, b *bench) {
		b.forge.Say(1, "grace", "/preview "+shaA)
		b.wantApproved()
		b.forge.GiveLogin("ada", "ada-lovelace")
		b.forge.Open(forge.Request{SHA: shaB, Fork: true, Author: "ada#mallory"})
		b.forge.Open(forge.Request{SHA: shaB, Fork: true, Author: "ada-lovelace#ada"})
		got := b.poll()
		if got["2"].Message == "" {
			t.Errorf("the login is trusted, whoever has it: %+v", b.provider.Status.Approvals)
		}
		if got["3"].Message != "" {
			t.Errorf("the account is not trusted any more under its new login: %s", got["3"].Message)
		}
		b.looks = &approval.Looks{} // as a restart does
		if got := b.poll()["2"]; got.Message == "" {
			t.Errorf("the login is trusted after a restart: %+v", b.provider.Status.Approvals)
		}
	})
}

func TestAnAuthorWhoIsTrustedNoMoreIsNotSoByAnotherLogin(t *testing.T) {
	takenOver(t, v1.Forks{Scope: v1.ApproveAuthor}, func(t *testing.T, b *bench) {
		b.forge.Say(1, "grace", "/preview "+shaA)
		b.wantApproved()
		b.forge.Say(1, "grace", "/preview revoke")
		b.wantWaiting("took it back")
		b.forge.GiveLogin("ada", "ada-lovelace")
		b.wantWaiting("took it back")
		b.forge.Open(forge.Request{SHA: shaB, Fork: true, Author: "ada-lovelace#ada"})
		if got := b.poll()["2"]; !strings.Contains(got.Message, "took it back") {
			t.Errorf("it says %q; %+v", got.Message, b.provider.Status.Approvals)
		}
	})
}

func TestWhoTakesTheLoginOfAnApproverMayNotApprove(t *testing.T) {
	takenOver(t, v1.Forks{}, func(t *testing.T, b *bench) {
		if _, tells := b.repository().(forges.Permissions); !tells {
			b.provider.Spec.Forks.Approvers = []string{b.login("grace") + "#" + b.number("grace")}
			if b.number("grace") == "" {
				t.Skip("a login is an account")
			}
		}
		b.forge.Say(1, "grace", "/preview "+shaA)
		b.wantApproved()
		b.forge.GiveLogin("grace", "grace-hopper")
		b.forge.Push(1, shaB)
		b.now = b.now.Add(-10 * time.Minute) // what she may is remembered for so long
		b.forge.Say(1, "grace#mallory", "/preview "+shaB)
		b.wantWaiting("")
		b.forge.Permit("grace#mallory", "read")
		b.forge.Say(1, "grace#mallory", "/preview "+shaB)
		b.wantWaiting("")
		if _, tells := b.repository().(forges.Permissions); tells {
			b.forge.Say(1, "grace-hopper#grace", "/preview "+shaB)
			b.wantApproved()
		}
	})
}

func TestAnAuthorApprovesOfNothingByAnotherLogin(t *testing.T) {
	takenOver(t, v1.Forks{}, func(_ *testing.T, b *bench) {
		b.forge.Say(1, "ada", "/preview "+shaA)
		b.wantWaiting("wrote it")
		b.forge.GiveLogin("ada", "ada-lovelace")
		b.wantWaiting("wrote it")
	})
}

// Who is asked of a record that an earlier version has written?
func TestARecordWithoutAnAccountIsOfTheOneThatHasTheLoginFirst(t *testing.T) {
	takenOver(t, v1.Forks{Scope: v1.ApproveAuthor}, func(t *testing.T, b *bench) {
		b.forge.Say(1, "grace", "/preview "+shaA)
		b.wantApproved()
		b.provider.Status.Approvals[0].AuthorID, b.provider.Status.Approvals[0].ByID = "", ""
		b.wantApproved()
		if got := b.provider.Status.Approvals; len(got) != 1 || got[0].AuthorID != b.number("ada") {
			t.Errorf("the approvals are %+v", got)
		}
	})
}

func TestARecordSaysWhichAccountsItIsAbout(t *testing.T) {
	takenOver(t, v1.Forks{Scope: v1.ApproveAuthor}, func(t *testing.T, b *bench) {
		b.forge.Say(1, "grace", "/preview "+shaA)
		b.wantApproved()
		if got := b.provider.Status.Approvals; len(got) != 1 || got[0].ByID != b.number("grace") || got[0].AuthorID != b.number("ada") {
			t.Errorf("the approvals are %+v", got)
		}
	})
}

// number is how a forge tells the account of somebody; "" where their login does.
func (b *bench) number(author string) string {
	switch {
	case b.forge.Type == v1.InputProviderAzureDevOpsPullRequest:
		return forge.AzureID(author)
	case b.login(author) != author:
		return ""
	default:
		return fmt.Sprint(forge.Number(author))
	}
}

func TestWhatIsReadOfARequestIsReadOnce(t *testing.T) {
	onEvery(t, v1.Forks{}, func(t *testing.T, b *bench) {
		b.wantWaiting("")
		b.forge.Say(1, "grace", "/preview")
		b.forge.Review(1, "grace", forge.Approves)
		var mu sync.Mutex
		asked := map[string]int{}
		b.forge.Break(func(_ http.ResponseWriter, r *http.Request) bool {
			mu.Lock()
			defer mu.Unlock()
			if r.Method == http.MethodGet {
				asked[r.URL.String()]++
			}
			return false
		})
		b.poll()
		for url, times := range asked {
			if times > 1 {
				t.Errorf("%s is asked for %d times", url, times)
			}
		}
	})
}
