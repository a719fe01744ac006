package forge

import (
	"fmt"
	"strings"
)

// An author is LOGIN or, where that is not what tells who it is, LOGIN#WHO: an account
// keeps its number under another login, and its old one may go to somebody else.

// loginOf is what an author goes by.
func loginOf(author string) string {
	login, _, _ := strings.Cut(author, "#")
	return login
}

// whoIs is who an author is, whatever they go by.
func whoIs(author string) string {
	login, who, _ := strings.Cut(author, "#")
	return or(who, login)
}

// Number is that of an author's account, which nobody gets after them.
func Number(author string) int {
	out := 1
	for _, letter := range whoIs(author) {
		out = out*31%1_000_003 + int(letter)
	}
	return out
}

// GiveLogin gives an author another login, by which all goes that they have said; whoever
// likes may take the one that they had.
func (f *Forge) GiveLogin(author, login string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := login + "#" + whoIs(author)
	rename := func(of *string) {
		if *of == author {
			*of = now
		}
	}
	for _, one := range f.requests {
		rename(&one.Author)
	}
	for _, one := range f.told.comments {
		rename(&one.Author)
	}
	for _, one := range f.told.reviews {
		rename(&one.Author)
	}
	for n := range f.told.happened {
		rename(&f.told.happened[n].by)
	}
	for n := range f.told.team {
		rename(&f.told.team[n])
	}
	if permission, has := f.told.permits[author]; has {
		delete(f.told.permits, author)
		f.told.permits[now] = permission
	}
}

// called is the author who goes by a login, among those who have a permission.
func (f *Forge) called(login string) (author, permission string, known bool) {
	for author, permission := range f.told.permits {
		if loginOf(author) == login {
			return author, permission, true
		}
	}
	return "", "", false
}

// AzureID is the number of an author as Azure DevOps writes it.
func AzureID(author string) string {
	return fmt.Sprintf("d6245f20-2af8-44f4-9451-%012d", Number(author))
}
