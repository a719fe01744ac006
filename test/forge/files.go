package forge

import (
	"net/http"
	"strings"
)

// file is a file that a request changes: "path", or "from => to" of one that
// was moved.
type file struct{ path, from string }

func filesOf(r Request) []file {
	out := make([]file, len(r.Files))
	for i, text := range r.Files {
		from, to, moved := strings.Cut(text, " => ")
		if out[i] = (file{path: text}); moved {
			out[i] = file{path: to, from: from}
		}
	}
	return out
}

// paged answers a page of things.
func (f *Forge) paged(w http.ResponseWriter, r *http.Request, all []any) any {
	number, size := f.dialect.page(r)
	p := slice{number: number, size: min(size, f.dialect.most), total: len(all), items: []any{}}
	if from := (number - 1) * p.size; from < len(all) {
		p.items = all[from:min(from+p.size, len(all))]
	}
	return f.dialect.wrap(w, r, p)
}

// namedFiles are files as GitHub and Gitea tell them.
func namedFiles(r Request) []any {
	out := []any{}
	for _, one := range filesOf(r) {
		told := map[string]any{"filename": one.path, "status": "modified"}
		if one.from != "" {
			told["status"], told["previous_filename"] = "renamed", one.from
		}
		out = append(out, told)
	}
	return out
}

// filesAt adds to the endpoint of requests the list of a request's files.
func (e endpoint) filesAt(path string, tell func(Request) []any) endpoint {
	e.below = func(f *Forge, w http.ResponseWriter, r *http.Request, of Request, rest string) any {
		if rest != path {
			return nil
		}
		return f.paged(w, r, tell(of))
	}
	return e
}
