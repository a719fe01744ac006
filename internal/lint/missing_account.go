package lint

import (
	"fmt"
	"slices"
	"strings"

	"github.com/eddy-previews/eddy/internal/flux"
	"github.com/eddy-previews/eddy/internal/suggest"
)

// missingAccount finds what runs or deploys as an account that is not there. In a
// namespace of the preview's own there is nothing but what the preview makes; in another
// one, an account that is called much like it is taken as a sign.
func missingAccount(p pair, there allAccounts) *Finding {
	name, path := p.a.account()
	namespace := p.a.namespace()
	if name == "" || name == "default" || slices.Contains(there[namespace], name) {
		return nil
	}
	if p.a.sources != nil {
		if _, stripped := p.a.sources.strips("ServiceAccount"); stripped {
			return nil // stripped-account says so
		}
	}
	hint := suggest.Hint(name, slices.DeleteFunc(slices.Clone(there[namespace]), func(known string) bool { return strings.Contains(known, firstNumber) }))
	isOwn := namespace != p.b.namespace() && !p.a.part.service.hides() && !p.a.part.service.hasCharts()
	if !isOwn && hint == "" {
		return nil
	}
	return &Finding{
		Position: p.a.where(path...),
		Message:  fmt.Sprintf("there is no ServiceAccount %q in the namespace %q, as which %s %q is to run%s", name, namespace, p.a.GetKind(), p.a.GetName(), hint),
		Fix:      "correct the name, or make the account beside it, with the rights that it needs",
	}
}

// account is that as which the object runs, or as which Flux deploys it.
func (o object) account() (name string, path []any) {
	if _, template, ok := o.pods(); ok {
		path = extend(extend(template, "spec"), "serviceAccountName")
		return textAt(o.Object, path...), path
	}
	if !flux.Deploys(o.GroupVersionKind().GroupKind()) || at(o.Object, "spec", "kubeConfig") != nil {
		return "", nil
	}
	path = []any{"spec", "serviceAccountName"}
	return textAt(o.Object, path...), path
}

// allAccounts are the ServiceAccounts that are made or were given, by namespace.
type allAccounts map[string][]string

func (s *Service) knownAccounts() allAccounts { return s.setup.accounts() }

func (s *Setup) allAccounts() allAccounts {
	out := allAccounts{}
	for _, document := range s.Documents {
		if document.Is("", "ServiceAccount") {
			out[document.Object.GetNamespace()] = append(out[document.Object.GetNamespace()], document.Object.GetName())
		}
	}
	for _, service := range s.Services {
		for object := range everything(service) {
			if object.GetKind() == "ServiceAccount" {
				out[object.namespace()] = append(out[object.namespace()], object.GetName())
			}
		}
	}
	return out
}

// hasCharts reports whether something of the service may make what nobody sees here.
func (s *Service) hasCharts() bool {
	for object := range deployed(s) {
		if flux.IsHelmRelease(object.Unstructured) {
			return true
		}
	}
	return false
}
