package lint

import (
	"fmt"
	"iter"
	"net/url"
	"regexp"
	"slices"
	"strings"

	yamlv3 "go.yaml.in/yaml/v3"

	"github.com/eddy-previews/eddy/internal/manifest"
)

// tokens are how forges write their tokens: GitHub, GitLab, Azure DevOps, and
// private keys, which are more than their heading.
var tokens = regexp.MustCompile(`\b(gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|gl(?:pat|dt|rt|cbt)-[\w-]{20,}|[a-z2-7]{52}|[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4})\b|-----BEGIN [A-Z ]*PRIVATE KEY-----(\s|\\n)+([\w-]+: |[A-Za-z0-9+/=]{16})`)

// placeholders are what stands where a token is to be filled in.
var placeholders = regexp.MustCompile(`(?i)^$|to.?change|change.?me|replace|example|your|placeholder|^x+$|^<.*>$|^\$[({]?\w+[)}]?$|^\*+$`)

// IsPlaceholder reports whether a value stands where a token is to be filled in.
func IsPlaceholder(value string) bool { return placeholders.MatchString(strings.TrimSpace(value)) }

// plainToken finds a token that everybody with the repository can read. A
// message never holds one.
func plainToken(t text) *Finding {
	isToken := tokens.MatchString(t.node.Value) || hasPassword(t.node.Value) || t.credential && isSecretValue(t.path, t.node.Value)
	if !isToken {
		return nil
	}
	return &Finding{
		Position: t.document.Position(t.node),
		Message:  fmt.Sprintf("%s holds a token in plain text: who can read the repository can use it", strings.Join(t.path, ".")),
		Fix:      "revoke the token, and seal the new one: SOPS, kubeseal, or an external secret",
	}
}

// text is a value of a file, with the keys above it.
type text struct {
	document *manifest.Document
	path     []string
	node     *yamlv3.Node
	// credential says that the file is the Secret of a provider, in plain text.
	credential bool
}

// documents are all files, those of Kubernetes first.
func documents(s *Setup) iter.Seq[*manifest.Document] {
	return slices.Values(slices.Concat(s.Documents, s.Scripts))
}

// texts are the values of all files.
func texts(s *Setup) iter.Seq[text] {
	return within(documents, func(document *manifest.Document) []text {
		var out []text
		credential := document.Is("", "Secret") && document.At("sops") == nil && s.isCredential(document)
		scalars(document.Root, nil, func(path []string, node *yamlv3.Node) {
			out = append(out, text{document, path, node, credential})
		})
		return out
	})(s)
}

// isCredential reports whether a provider reads the Secret.
func (s *Setup) isCredential(secret *manifest.Document) bool {
	for _, provider := range s.providers {
		name, namespace := textAt(provider.Document.Object.Object, "spec", "secretRef", "name"), provider.Document.Object.GetNamespace()
		if name == secret.Object.GetName() && namespace == secret.Object.GetNamespace() {
			return true
		}
	}
	return false
}

func isSecretValue(path []string, value string) bool {
	switch last := path[len(path)-1]; {
	case len(path) != 2 || path[0] != "data" && path[0] != "stringData":
		return false
	case last != "password" && last != "token" && last != "githubAppPrivateKey":
		return false
	default:
		return !placeholders.MatchString(value) && !strings.HasPrefix(value, "ENC[")
	}
}

// hasPassword reports whether a text is a URL of a forge or a registry, as far as
// one can tell, that holds a password. That of a preview's own database is none
// that anybody could use.
func hasPassword(text string) bool {
	if !strings.HasPrefix(text, "http") || !strings.Contains(text, "@") {
		return false
	}
	parsed, err := url.Parse(text)
	if err != nil || parsed.User == nil {
		return false
	}
	password, set := parsed.User.Password()
	return set && !placeholders.MatchString(password)
}

// scalars visits the values of a tree that are text, with the keys above them.
func scalars(node *yamlv3.Node, path []string, visit func(path []string, node *yamlv3.Node)) {
	switch {
	case node.Kind == yamlv3.ScalarNode && len(path) > 0:
		visit(path, node)
	case node.Kind == yamlv3.MappingNode:
		for i := 0; i+1 < len(node.Content); i += 2 {
			scalars(node.Content[i+1], append(path[:len(path):len(path)], node.Content[i].Value), visit)
		}
	case node.Kind == yamlv3.SequenceNode:
		for _, item := range node.Content {
			scalars(item, path, visit)
		}
	}
}
