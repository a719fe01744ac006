package card_test

import (
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/eddy-previews/eddy/internal/feedback/card"
	"github.com/eddy-previews/eddy/internal/preview"
)

func TestWhatLooksLikeACredentialIsNotRepeated(t *testing.T) {
	for name, c := range map[string]struct{ text, secret string }{
		"a password in an address":  {"cloning https://flux:hunter22@git.example.com/a: 401", "hunter22"},
		"a token in an address":     {"cloning https://t0kent0ken@git.example.com/a: 401", "t0kent0ken"},
		"a password with a colon":   {"dial redis://:hunter22@redis:6379", "hunter22"},
		"a parameter":               {"GET https://x.example.com/?a=1&access_token=hunter22&b=2: 403", "hunter22"},
		"a signature":               {"GET https://x.example.com/blob?sig=hunter22%2Babc: 403", "hunter22"},
		"a variable":                {"DB_PASSWORD=hunter22 is not valid", "hunter22"},
		"a field":                   {`{"password": "hunter22"}`, "hunter22"},
		"a line of a file":          {"apiKey: hunter22\nname: x", "hunter22"},
		"a header":                  {"Authorization: Bearer abcdefghijklmnop", "abcdefghijklmnop"},
		"a token of GitHub":         {"bad credentials ghp_0123456789abcdef0123", "ghp_0123456789abcdef0123"},
		"a token of GitLab":         {"bad credentials glpat-0123456789abcdef0123", "glpat-0123456789abcdef0123"},
		"a key of AWS":              {"AKIAIOSFODNN7EXAMPLE is disabled", "AKIAIOSFODNN7EXAMPLE"},
		"a token of an account":     {"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl has expired", "eyJzdWIiOiIxIn0"},
		"a private key":             {"parsing -----BEGIN RSA PRIVATE KEY-----\nMIIEabc\n-----END RSA PRIVATE KEY----- failed", "MIIEabc"},
		"a private key that is cut": {"parsing -----BEGIN PRIVATE KEY-----\nMIIEabc", "MIIEabc"},
	} {
		t.Run(name, func(t *testing.T) {
			row := view(metav1.ConditionFalse, "x")
			row.Message, row.Held, row.Head = c.text, preview.Held{}, ""
			rows := []card.Row{row}
			for what, said := range map[string]string{
				"the comment": card.Card{Rows: rows, Markdown: forges["has tables"]}.Text(),
				"the notice":  card.Notice{Rows: rows, Markdown: forges["has tables"]}.Text(),
				"the status":  row.Description(),
			} {
				if strings.Contains(said, c.secret) || !strings.Contains(said, "***") {
					t.Errorf("%s says %s", what, said)
				}
			}
		})
	}
}

func TestWhatIsNoCredentialIsRepeated(t *testing.T) {
	for _, text := range []string{
		"Secret app-dev/registry not found", "secret \"api\" is missing the key token", "kustomize build failed: accumulating resources: ../base",
		"https://api-1.preview.example.com/login answers 502 Bad Gateway", "image registry.example.com/api@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef not found",
		"serviceaccounts \"preview\" is forbidden: User \"system:serviceaccount:app-dev:x\" cannot get", "no basic auth credentials", "token has expired",
	} {
		row := view(metav1.ConditionFalse, "x")
		row.Message = text
		if said := (card.Card{Rows: []card.Row{row}, Markdown: forges["has tables"]}).Text(); !strings.Contains(said, "\n"+text+"\n") {
			t.Errorf("%q: it says %s", text, said)
		}
	}
}
