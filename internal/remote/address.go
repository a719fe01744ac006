package remote

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"path"
	"regexp"
	"strings"
)

// address is what an entry of a kustomization.yaml may stand for, in the order in
// which it is tried.
type address struct {
	// repository is the URL of a git repository, "" when the entry names none; ref
	// and folder are what is meant in it.
	repository, ref, folder string
	// file is the URL of a plain file, "" when the entry names none.
	file string
	// marked says that the entry tells the repository from what is in it.
	marked bool
}

// commit names what is fetched of a repository, as no URL is written.
func (a address) commit() string { return a.repository + " at " + cmp.Or(a.ref, "HEAD") }

var (
	scheme = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*(://|::)`)
	// login is how an entry names who logs in by ssh.
	login = regexp.MustCompile(`^[^/:@]+@[^/:]+[:/]`)
)

// parse reads an entry as kustomize does, and refuses what is not fetched.
func parse(entry string) (address, error) {
	rest, forced := cutPrefix(entry, "git::")
	rest, query, _ := strings.Cut(rest, "?")
	values, err := url.ParseQuery(query)
	if err != nil {
		return address{}, errors.New("what stands behind its ? cannot be read: write ?ref=NAME")
	}
	ref := values.Get("ref")
	if ref == "" {
		ref = values.Get("version")
	}
	if strings.HasPrefix(ref, "-") {
		return address{}, fmt.Errorf("its ref %q begins with a dash, as an option of git does: name a branch, a tag or a commit", ref)
	}
	rest, github := overHTTPS(rest)
	if err := refuse(rest); err != nil {
		return address{}, err
	}
	at, err := url.Parse(rest)
	if err != nil {
		return address{}, errors.New("it cannot be read as a URL")
	}
	if err := check(at); err != nil {
		return address{}, err
	}
	out := address{ref: ref}
	out.split(at)
	if forced || github {
		return out, out.whole()
	}
	out.file = (&url.URL{Scheme: "https", Host: at.Host, Path: at.Path, RawPath: at.RawPath, RawQuery: query}).String()
	if ending := path.Ext(at.Path); !out.marked && (ending == ".yaml" || ending == ".yml" || ending == ".json") {
		out.repository = ""
	}
	return out, nil
}

// whole refuses what cannot be a repository.
func (a address) whole() error {
	if a.repository == "" {
		return errors.New("it names no repository: write https://HOST/ORGANISATION/REPOSITORY//FOLDER?ref=NAME")
	}
	return nil
}

// cutPrefix removes a prefix, whatever the case of its letters.
func cutPrefix(text, prefix string) (string, bool) {
	if len(text) < len(prefix) || !strings.EqualFold(text[:len(prefix)], prefix) {
		return text, false
	}
	return text[len(prefix):], true
}

// overHTTPS writes out the two ways in which GitHub is named without a scheme.
func overHTTPS(entry string) (string, bool) {
	for _, short := range []string{"github.com/", "github.com:"} {
		if rest, found := cutPrefix(entry, short); found {
			return "https://github.com/" + rest, true
		}
	}
	return entry, false
}

// refuse says what is wrong with anything but https.
func refuse(entry string) error {
	if _, plain := cutPrefix(entry, "http://"); plain {
		return errors.New("plain http is not fetched, as anybody on the way could change what comes: write https://")
	}
	if _, secure := cutPrefix(entry, "https://"); secure {
		return nil
	}
	switch found := scheme.FindString(entry); {
	case found != "":
		return fmt.Errorf("%s is not fetched, https:// is: name it by that, or copy it into the repository", found)
	case login.MatchString(entry):
		return errors.New("nothing is fetched by ssh, as a login of yours would be used: name it by https://, or copy it into the repository")
	default:
		return errors.New("it is neither a file nor an address that begins with https://")
	}
}

// check looks at what a URL has beside its host and path.
func check(at *url.URL) error {
	if _, password := at.User.Password(); password {
		return errors.New("it has a password in it, which is no secret then: revoke it, and copy what it leads to into the repository")
	}
	if at.Hostname() == "" {
		return errors.New("it names no host")
	}
	return nil
}

// marked splits a path where it says itself that the repository ends.
func marked(where string) (repository, folder string, found bool) {
	if before, after, found := strings.Cut(where, "_git/"); found {
		name, below, _ := strings.Cut(after, "/")
		return before + "_git/" + name, below, true
	}
	if before, after, found := strings.Cut(where, "//"); found {
		return before, after, true
	}
	if before, after, found := strings.Cut(where, ".git"); found {
		return before + ".git", after, true
	}
	return "", "", false
}

// split finds where the path of a repository ends, as kustomize does.
func (a *address) split(at *url.URL) {
	where := strings.TrimPrefix(at.EscapedPath(), "/")
	var repository, folder string
	repository, folder, a.marked = marked(where)
	if parts := strings.SplitN(where, "/", 3); !a.marked && len(parts) > 1 && parts[1] != "" {
		repository, folder = parts[0]+"/"+parts[1], strings.Join(parts[2:], "/")
	}
	if repository == "" {
		return
	}
	a.repository = "https://" + strings.ToLower(at.Host) + "/" + strings.TrimSuffix(repository, "/")
	if plain, err := url.PathUnescape(strings.Trim(folder, "/")); err == nil {
		a.folder = plain
	}
}
