package forge

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Comment is what somebody said about a request.
type Comment struct {
	// Reactions are what people reacted with.
	Reactions    []string
	ID, Request  int
	Author, Text string
	At           time.Time
	// Edits is how often it was given another text.
	Edits int
	// Closed says that nobody has to resolve it.
	Closed bool
}

// CommitStatus is what somebody said of a commit.
type CommitStatus struct {
	SHA, Name, State, Description, URL string
	// Key is what it is replaced by, where that is not the name.
	Key string
	// Push is the number of that which it is about, where it is of a request of Azure
	// DevOps.
	Push int
}

// ToldDeployment is a deployment that somebody told of, and what became of it.
type ToldDeployment struct {
	ID               int
	SHA, Environment string
	Payload          json.RawMessage
	States           []string
	URL              string
}

// told is what a forge was told.
type told struct {
	comments    []*Comment
	statuses    []CommitStatus
	deployments []*ToldDeployment
	writes      []time.Time
	clock       func() time.Time
	given       int
	// said is how often who tells has commented.
	said int

	reviews  []*Review
	happened []happening
	permits  map[string]string
	team     []string
}

// me is who tells.
const me = "eddy-bot"

// Clock lets the forge write down when it is told something.
func (f *Forge) Clock(now func() time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.told.clock = now
}

// Writes are the times at which it was told something.
func (f *Forge) Writes() []time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.told.writes)
}

// Say comments on a request as somebody, and returns the id.
func (f *Forge) Say(number int, author, text string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.say(number, author, text).ID
}

func (f *Forge) say(number int, author, text string) *Comment {
	one := &Comment{ID: f.give(), Request: number, Author: author, Text: text, At: f.at()}
	f.told.comments = append(f.told.comments, one)
	if author == me {
		f.told.said++
	}
	return one
}

// Said is how often who tells has commented, whether that is still there or not.
func (f *Forge) Said() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.told.said
}

// give returns a number that nothing else has.
func (f *Forge) give() int {
	f.told.given++
	return 100 + f.told.given
}

// Comments are those on a request, the oldest first.
func (f *Forge) Comments(number int) []Comment {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []Comment
	for _, one := range f.commentsOn(number) {
		out = append(out, *one)
	}
	return out
}

func (f *Forge) commentsOn(number int) []*Comment {
	var out []*Comment
	for _, one := range f.told.comments {
		if one.Request == number {
			out = append(out, one)
		}
	}
	return out
}

// Uncomment deletes a comment.
func (f *Forge) Uncomment(id int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.forget(id)
}

// Statuses are those of a commit, in the order in which they were set.
func (f *Forge) Statuses(sha string) []CommitStatus {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(f.told.statuses), func(one CommitStatus) bool { return one.SHA != sha })
}

// Deployments are those that it was told of.
func (f *Forge) Deployments() []ToldDeployment {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []ToldDeployment
	for _, one := range f.told.deployments {
		out = append(out, *one)
	}
	return out
}

// telling is a request that tells something, or asks for what was told.
type telling struct {
	w http.ResponseWriter
	r *http.Request
	// parts stand in the place of the stars of the path.
	parts []string
	body  map[string]any
}

// number is a part as a number, 0 for what is none.
func (t telling) number(n int) int {
	number, _ := strconv.Atoi(t.parts[n])
	return number
}

// text is a field of the body, also of a part of it: "content.raw".
func (t telling) text(field string) string {
	var at any = t.body
	for part := range strings.SplitSeq(field, ".") {
		object, _ := at.(map[string]any)
		at = object[part]
	}
	text, _ := at.(string)
	return text
}

// tale is what a forge can be told below its repository: a path has a star for each
// part that differs. It returns the status and the body of the answer.
type tale struct {
	method, path string
	answer       func(f *Forge, t telling) (int, any)
}

// isTold answers what is told, and what is asked about that.
func (f *Forge) isTold(w http.ResponseWriter, r *http.Request, path string, tales []tale) bool {
	for _, one := range tales {
		parts, fits := starred(one.path, path)
		if !fits || one.method != r.Method {
			continue
		}
		asked := telling{w: w, r: r, parts: parts, body: map[string]any{}}
		_ = json.NewDecoder(r.Body).Decode(&asked.body) // a question has none
		code, body := one.answer(f, asked)
		switch {
		case code >= http.StatusBadRequest:
			f.fail(w, code, fmt.Sprint(body))
		case body == nil:
			w.WriteHeader(code)
		default:
			answer(w, code, body)
		}
		if r.Method != http.MethodGet && f.told.clock != nil {
			f.told.writes = append(f.told.writes, f.told.clock())
		}
		return true
	}
	return false
}

// starred compares a path with one that has stars.
func starred(pattern, path string) (parts []string, fits bool) {
	want, got := strings.Split(pattern, "/"), strings.Split(path, "/")
	if len(want) != len(got) {
		return nil, false
	}
	for n, part := range want {
		text, err := url.PathUnescape(got[n])
		switch {
		case err != nil:
			return nil, false
		case part == "*":
			parts = append(parts, text)
		case !strings.EqualFold(part, text):
			return nil, false
		}
	}
	return parts, true
}

// on answers about the request that a path names.
func on(answer func(f *Forge, t telling, number int) (int, any)) func(*Forge, telling) (int, any) {
	return func(f *Forge, t telling) (int, any) {
		request := f.request(t.parts[0])
		if request == nil {
			return http.StatusNotFound, "Not Found"
		}
		return answer(f, t, request.Number)
	}
}

// about answers about the comment whose id stands in a part of the path.
func about(part int, answer func(f *Forge, t telling, one *Comment) (int, any)) func(*Forge, telling) (int, any) {
	return func(f *Forge, t telling) (int, any) {
		for _, one := range f.told.comments {
			if one.ID == t.number(part) {
				return answer(f, t, one)
			}
		}
		return http.StatusNotFound, "Not Found"
	}
}

// listed answers a page of the comments on a request.
func listed(tell func(f *Forge, one Comment) any) func(*Forge, telling, int) (int, any) {
	return func(f *Forge, t telling, number int) (int, any) {
		all := []any{}
		for _, one := range f.commentsOn(number) {
			all = append(all, tell(f, *one))
		}
		return http.StatusOK, f.paged(t.w, t.r, all)
	}
}

// said adds a comment of which a field is the text.
func said(field string, tell func(f *Forge, one Comment) any) func(*Forge, telling, int) (int, any) {
	return func(f *Forge, t telling, number int) (int, any) {
		return http.StatusCreated, tell(f, *f.say(number, me, t.text(field)))
	}
}

// resaid gives a comment another text.
func resaid(field string, tell func(f *Forge, one Comment) any) func(*Forge, telling, *Comment) (int, any) {
	return func(f *Forge, t telling, one *Comment) (int, any) {
		one.Text = t.text(field)
		one.Edits++
		return http.StatusOK, tell(f, *one)
	}
}

// unsaid takes a comment away, and answers with a status and nothing else.
func unsaid(code int) func(*Forge, telling, *Comment) (int, any) {
	return func(f *Forge, _ telling, one *Comment) (int, any) {
		f.forget(one.ID)
		return code, nil
	}
}

func (f *Forge) forget(id int) {
	f.told.comments = slices.DeleteFunc(f.told.comments, func(one *Comment) bool { return one.ID == id })
}

// Lost lets the server do what it is asked for, but from the nth request on nobody
// hears of it: whoever asked has ended by then.
func (f *Forge) Lost(nth int, ended *bool) Fault {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if nth--; nth > 0 {
			return false
		}
		if !*ended {
			f.answer(httptest.NewRecorder(), r)
		}
		*ended = true
		return Reset()(w, r)
	}
}

// Final ends whoever asks, with the nth request that is about what requests are told: the
// server has done by then what it is asked for, or has not.
func (f *Forge) Final(nth int, done Doing, end func()) Fault {
	ended := false
	return func(w http.ResponseWriter, r *http.Request) bool {
		if about := r.URL.Path; !ended && (strings.Contains(about, "/comments") || strings.Contains(about, "/statuses")) {
			nth--
		}
		if nth > 0 {
			return false
		}
		if !ended && done == Done {
			f.answer(httptest.NewRecorder(), r)
		}
		if !ended {
			ended = true
			end()
		}
		return Reset()(w, r)
	}
}

// Doing says whether the server does the last that it is asked for.
type Doing int

// What it does of it.
const (
	Undone Doing = iota
	Done
)
