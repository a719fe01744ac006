package approval

import (
	"strings"
	"testing"

	"github.com/eddy-previews/eddy/internal/forge"
)

// said are the commands in a comment: a commit, any or revoke.
func said(text string) string {
	var out []string
	for _, one := range commands(forge.Comment{ID: "1", Text: text}) {
		switch {
		case one.revokes:
			out = append(out, "revoke")
		case one.sha == "":
			out = append(out, "any")
		default:
			out = append(out, one.sha)
		}
	}
	return strings.Join(out, " ")
}

// Who approves may paste what a stranger wrote.
func TestWhatMayBePastedHiddenOrAnExampleIsNotSaid(t *testing.T) {
	const sha = "6dcb09b5b57875f334f61aebed695e2e4193db5e"
	for claim, c := range map[string]struct{ text, want string }{
		"in a quote of several paragraphs, as GitLab has them": {">>>\nlook\n\n/preview " + sha + "\n\n>>>", ""},
		"in a diagram, as Azure DevOps has them":               {"::: mermaid\n\n/preview " + sha + "\n:::", ""},
		"struck out":                                           {"<del>\n\n/preview " + sha + "\n\n</del>", ""},
		"struck out with other words":                          {"~~not\n/preview " + sha + "\nyet~~", ""},
		"in an example that another tag does not end":          {"<pre></details>\n/preview " + sha + "\n</pre>", ""},
		"in code that a fence with words does not end":         {"```\nlog\n``` more\n/preview " + sha + "\n```", ""},
		"in code that another fence does not end":              {"```\nlog\n~~~\n/preview " + sha + "\n```", ""},
		"behind what only looks like a fence":                  {"``` a`b\n```\n/preview " + sha + "\n```", ""},
		"in code in a list":                                    {"- ```\n\n  /preview " + sha + "\n  ```", ""},
		"in code in a quote in a list":                         {"1. > ~~~\n\n/preview " + sha, ""},
		"in code behind an indented fence":                     {"    ```\n\n```\n/preview " + sha + "\n```", ""},
		"in the line behind a quote in a list":                 {"- > look\n/preview " + sha, ""},
		"indented as code is, by blanks and a tab":             {"Like this:\n\n  \t/preview " + sha, ""},
		"behind a list":                                        {"- a\n- b\n\n/preview " + sha, sha},
		"in code of one line that goes on":                     {"Say `this\n/preview " + sha + "\nthat`", ""},
		"in the title of a link":                               {"[it](https://example.com \"\n/preview " + sha + "\n\")", ""},
		"in the title of a link that is only defined":          {"[it]: https://example.com (\n/preview " + sha + "\n)", ""},
		"in an attribute":                                      {"<img alt=\"\n/preview " + sha + "\n\">", ""},
		"hidden behind the end of what is not hidden":          {"--> <!--\n/preview " + sha + "\n-->", ""},
		"hidden behind the end of an example that is none":     {"</pre><pre>\n/preview " + sha + "\n</pre>", ""},
		"hidden, with an end of an example in it":              {"<!-- </pre>\n\n</details>\n/preview " + sha + "\n-->", ""},
		"in what is no HTML of a page":                         {"<?\n\n/preview " + sha + "\n\n?>", ""},
		"behind what is hidden":                                {"<!-- x -->\n\n/preview " + sha, sha},
		"behind code in a line, and an empty one":              {"`x` is fine\n\n/preview " + sha, sha},
		"in code that begins in a line of old Macintoshes":     {"a\r```\r\n/preview " + sha + "\r\n```", ""},
	} {
		if got := said(c.text); got != c.want {
			t.Errorf("%s: it is %q, want %q", claim, got, c.want)
		}
	}
}
