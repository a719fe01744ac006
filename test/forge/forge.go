// Package forge stands in for forges that cannot run beside a test: servers
// that speak the documented HTTP of Gitea, GitHub, GitLab, Azure DevOps,
// Bitbucket and CodeCommit, with their paging, authentication, error bodies and
// limits.
//
//	f := forge.NewGitHub(t)
//	n := f.Open(forge.Request{Branch: "feature/x", Title: "Add x"})
//	f.Label(n, "build/image-ready")
//	f.Break(forge.Status(http.StatusBadGateway)) // until f.Mend()
//
// What differs between forges is a dialect, in the forge's own file; the state
// and the server are the same for all.
package forge

import (
	"crypto/tls"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Token is what a server accepts; an anonymous request is refused.
const Token = "s3cret-t0ken"

// Request is a pull request.
type Request struct {
	Number                               int
	Title, Branch, Target, SHA, Author   string
	Labels                               []string
	Fork, Draft, Closed, Merged, NoMerge bool
	// Gone says that the repository of its branch is there no more.
	Gone    bool
	Updated time.Time
	// State in the place of the one that follows from Closed and Merged.
	State string
	// Repository that the request belongs to, where numbers are shared by many.
	Repository string
	// Files that it changes: "path", or "from => to" of one that it moves.
	Files []string
}

// Forge is a server with one repository.
type Forge struct {
	// Type of the provider that watches its requests; BranchType and TagType
	// watch its branches and tags.
	Type, BranchType, TagType string
	// URL of the repository, as in spec.url.
	URL string
	// Proxy and TLS lead to a server that stands in for a host of the vendor's;
	// nil where the URL does.
	Proxy *url.URL
	TLS   *tls.Config
	// Authority that issued its certificate, in PEM, where there is one.
	Authority []byte
	// AWS makes credentials of a secret key, where the forge is AWS's.
	AWS func(secret string) aws.CredentialsProvider

	t       testing.TB
	dialect dialect

	mu       sync.Mutex
	requests []*Request
	branches []Ref
	tags     []Ref
	// environments are GitLab's.
	environments []*Environment
	fault        Fault
	hidden       bool
	asked        int
	// said are the breaches of the contract that were told.
	said map[string]bool

	told told
	// checks are what CI says, the oldest first, and pipelines GitLab's.
	checks    []Check
	pipelines []Pipeline

	limit     *limit
	unchanged int
}

// Asked returns how many requests the server has answered.
func (f *Forge) Asked() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.asked
}

// Break lets a fault answer from now on.
func (f *Forge) Break(fault Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fault = fault
}

// Mend takes the fault away.
func (f *Forge) Mend() { f.Break(nil) }

// Open opens a request and returns its number. Fields left empty get values of
// their own.
func (f *Forge) Open(r Request) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	r.Number = len(f.requests) + 1
	r.Branch = or(r.Branch, fmt.Sprintf("feature/%d", r.Number))
	r.Target = or(r.Target, "main")
	r.Title = or(r.Title, fmt.Sprintf("Change %d", r.Number))
	r.Author = or(r.Author, "ada")
	r.SHA = or(r.SHA, fmt.Sprintf("%040x", r.Number))
	if r.Updated.IsZero() {
		r.Updated = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	}
	f.requests = append(f.requests, &r)
	f.happens(Request{}, r, or(r.Author, maintainer))
	f.follow(r)
	return r.Number
}

// follow moves the branch of a request to its commit.
func (f *Forge) follow(r Request) {
	if !r.Fork {
		insert(&f.branches, Ref{Name: r.Branch, SHA: r.SHA})
	}
}

func or(value, fallback string) string {
	if value == "" {
		return fallback
	}
	return value
}

// Change changes a request.
func (f *Forge) Change(number int, change func(*Request)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	before := *f.requests[number-1]
	before.Labels = slices.Clone(before.Labels)
	change(f.requests[number-1])
	f.happens(before, *f.requests[number-1], maintainer)
	f.follow(*f.requests[number-1])
}

// Push moves a request to another commit.
func (f *Forge) Push(number int, sha string) { f.Change(number, func(r *Request) { r.SHA = sha }) }

// Label adds a label to a request.
func (f *Forge) Label(number int, label string) {
	f.Change(number, func(r *Request) { r.Labels = append(r.Labels, label) })
}

// Unlabel takes a label from a request.
func (f *Forge) Unlabel(number int, label string) {
	f.Change(number, func(r *Request) {
		r.Labels = slices.DeleteFunc(r.Labels, func(l string) bool { return l == label })
	})
}

// Close closes a request.
func (f *Forge) Close(number int) { f.Change(number, func(r *Request) { r.Closed = true }) }

// Merge merges a request.
func (f *Forge) Merge(number int) {
	f.Change(number, func(r *Request) { r.Closed, r.Merged = true, true })
}

// Reopen opens a closed request again.
func (f *Forge) Reopen(number int) { f.Change(number, func(r *Request) { r.Closed = false }) }

// Hide answers as if nothing were there, as forges do for a token that lost its
// access.
func (f *Forge) Hide() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.hidden = true
}

// request returns the request with a number, nil if there is none.
func (f *Forge) request(key string) *Request {
	number, err := strconv.Atoi(key)
	if err != nil || number < 1 || number > len(f.requests) {
		return nil
	}
	return f.requests[number-1]
}
