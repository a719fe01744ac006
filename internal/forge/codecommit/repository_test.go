package codecommit_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	repo "github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/forge/codecommit"
	"github.com/eddy-previews/eddy/internal/transport"
	"github.com/eddy-previews/eddy/test/asking"
	"github.com/eddy-previews/eddy/test/forge"
)

// open opens the repository of a fake.
func open(t *testing.T, f *forge.Forge) *codecommit.Repository {
	t.Helper()
	return asking.Open(t, codecommit.Open, repo.Config{Config: transport.Config{URL: f.URL, Proxy: f.Proxy, TLS: f.TLS}, AWS: f.AWS(forge.Token)})
}

// sha is a whole commit.
func sha(four string) string { return strings.Repeat(four, 10) }

func TestARequestOfAnotherRepositoryOfTheAccountIsNotFound(t *testing.T) {
	f := forge.NewCodeCommit(t)
	f.Open(forge.Request{Repository: "web"})
	if item, err := open(t, f).Requests().Lookup(context.Background(), "1"); !errors.Is(err, transport.ErrNotFound) {
		t.Errorf("looked up %+v, %v", item, err)
	}
}

// Most of AWS's errors come with the status 400, and say what they are apart.
func TestWhatAWSMeansIsUnderstood(t *testing.T) {
	f := forge.NewCodeCommit(t)
	repository := open(t, f).Requests()
	for kind, want := range map[string]error{
		"ExpiredTokenException":                                transport.ErrUnauthorized,
		"com.amazon.coral.service#UnrecognizedClientException": transport.ErrUnauthorized,
		"AccessDeniedException":                                transport.ErrForbidden,
		"RepositoryDoesNotExistException":                      transport.ErrNotFound,
		"EncryptionKeyAccessDeniedException":                   transport.ErrInvalidAnswer,
	} {
		f.Break(failing(kind))
		if _, err := repository.List(context.Background(), repo.Query{}); !errors.Is(err, want) || !strings.Contains(err.Error(), "said "+kind) {
			t.Errorf("%s: %v", kind, err)
		}
	}
	f.Break(failing("ThrottlingException"))
	var limited *transport.RateLimited
	if _, err := repository.List(context.Background(), repo.Query{}); !errors.As(err, &limited) {
		t.Errorf("throttled: %v", err)
	}
}

func failing(kind string) forge.Fault {
	return func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`{"__type": "` + kind + `", "message": "said ` + kind + `"}`)) // the client reads it
		return true
	}
}

func TestReferencesThatEndEarlyAreAnError(t *testing.T) {
	f := forge.NewCodeCommit(t)
	repository := open(t, f).Branches()
	const begin = "001e# service=git-upload-pack\n0000"
	master := "003f" + sha("0123") + " refs/heads/master\n"
	for _, body := range []string{
		"", begin, begin + master, begin + master + "000", begin + master[:30] + "0000", begin + "zzzz0000", begin + "0003",
		"001f# service=git-receive-pack\n0000" + master + "0000", begin + "0012no commit at\n0000", begin + "ffff" + master + "0000",
	} {
		f.Break(forge.Body("application/x-git-upload-pack-advertisement", body))
		if items, err := repository.List(context.Background(), repo.Query{}); !errors.Is(err, transport.ErrInvalidAnswer) {
			t.Errorf("%q holds %v, %v", body, items, err)
		}
		if _, err := repository.Lookup(context.Background(), "gone"); !errors.Is(err, transport.ErrInvalidAnswer) {
			t.Errorf("looked up in %q: %v", body, err)
		}
	}
	f.Break(forge.Body("application/x-git-upload-pack-advertisement", begin+master+"0000"))
	if items := asking.List(t, repository); len(items) != 1 || items[0].Branch != "master" || items[0].SHA != sha("0123") {
		t.Errorf("listed %+v", items)
	}
}

func TestAnAuthorOfCodeCommitIsFilteredByTheRoleAndNotByTheSession(t *testing.T) {
	f := forge.NewCodeCommit(t)
	f.Open(forge.Request{Author: "grace"})
	items := asking.List(t, open(t, f).Requests())
	if len(items) != 1 || items[0].Author != "grace" || items[0].WrittenBy() != "arn:aws:sts::111122223333:assumed-role/developer" {
		t.Errorf("listed %+v", items)
	}
}
