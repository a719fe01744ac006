package input

import "testing"

func TestANameIsNormalised(t *testing.T) {
	for name, want := range map[string]string{
		"api":           "api",
		"api-prs":       "api_prs",
		"API.Prs":       "api_prs",
		"--api -_- prs": "api_prs",
		"api\tprs.":     "api_prs",
		"äpi+prs":       "piprs",
		"2nd":           "2nd",
		"Ω-":            "",
		"":              "",
	} {
		if got := normalise(name); got != want {
			t.Errorf("%q is %q, want %q", name, got, want)
		}
	}
}
