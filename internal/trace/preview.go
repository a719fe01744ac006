package trace

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/fluxcd/cli-utils/pkg/object"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/flux"
)

// Preview is a preview as a listing tells of it.
type Preview struct {
	// Name is SERVICE/ID, unique in its namespace.
	Name      string `json:"name"`
	Namespace string `json:"namespace"`
	Service   string `json:"service"`
	// ID is the id of the input set: of a pull request, its number.
	ID string `json:"id"`
	// Set is the name of the ResourceSet, Provider that of the input set's source.
	Set      string `json:"resourceSet"`
	Provider string `json:"provider"`

	Branch string `json:"branch,omitempty"`
	Author string `json:"author,omitempty"`
	Title  string `json:"title,omitempty"`
	Commit string `json:"commit,omitempty"`
	// Request is the web page of the pull request, URL where the preview answers.
	Request string `json:"request,omitempty"`
	URL     string `json:"url,omitempty"`

	// Ready is True when the ResourceSet and what Flux made of its objects are.
	Ready   metav1.ConditionStatus `json:"ready"`
	Reason  string                 `json:"reason"`
	Message string                 `json:"message,omitempty"`
	// Since is when Ready became what it is, Created when the first of the
	// preview's deployers was made; null when that is not known.
	Since   *metav1.Time `json:"since,omitempty"`
	Created *metav1.Time `json:"created,omitempty"`
	// Suspended says that the ResourceSet is.
	Suspended bool `json:"suspended,omitempty"`
}

// Key is the key of the input set in inventories: PROVIDER/ID.
func (p Preview) Key() string { return p.Provider + "/" + p.ID }

// Previews lists the previews, by namespace, service and number.
func (s Snapshot) Previews() []Preview {
	inputs, deployers := s.inputs(), map[object.ObjMetadata]*unstructured.Unstructured{}
	for i := range s.Deployers {
		deployers[object.UnstructuredToObjMetadata(&s.Deployers[i])] = &s.Deployers[i]
	}
	var out []Preview
	for _, set := range s.Sets {
		owned := map[string][]entry{}
		for _, entry := range entriesOf(set.Status.Inventory) {
			owned[entry.input] = append(owned[entry.input], entry)
		}
		for _, line := range s.lines(set, inputs) {
			p := Preview{
				Namespace: set.Namespace, Set: set.Name, Provider: line.Provider, ID: line.ID,
				Commit: line.SHA, URL: line.URL, Ready: line.Ready, Reason: line.Reason, Message: line.Message,
				Suspended: set.IsDisabled(),
			}
			if !line.LastTransitionTime.IsZero() {
				p.Since = &line.LastTransitionTime
			}
			p.fill(inputs)
			p.follow(owned[p.Key()], deployers)
			out = append(out, p)
		}
	}
	name(out)
	slices.SortFunc(out, func(a, b Preview) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Service, b.Service),
			cmp.Compare(number(a.ID), number(b.ID)), cmp.Compare(a.ID, b.ID))
	})
	return out
}

// number orders ids: pull requests by their number, all else after them.
func number(id string) int64 {
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return 1 << 62
	}
	return n
}

// splitKey splits the key of an input set. A provider's name has no slash; of a
// permutation the id has none.
func splitKey(key string) (provider, id string) {
	at := strings.Index(key, "/")
	if at < 0 {
		return key, ""
	}
	if strings.Contains(key[:at], "=") {
		at = strings.LastIndex(key, "/")
	}
	return key[:at], key[at+1:]
}

// inputs indexes the input sets by namespace and key.
func (s Snapshot) inputs() map[string]v1.ResourceSetInput {
	out := map[string]v1.ResourceSetInput{}
	add := func(namespace, source string, inputs []v1.ResourceSetInput) {
		for n, in := range inputs {
			id := text(in, "id")
			if id == "" {
				id = fmt.Sprintf("#%d", n+1)
			}
			out[namespace+"/"+source+"/"+id] = in
		}
	}
	for _, set := range s.Sets {
		add(set.Namespace, set.Name, set.Spec.Inputs)
	}
	for _, provider := range s.Providers {
		add(provider.Namespace, provider.Name, provider.Status.ExportedInputs)
	}
	return out
}

// fill adds what the input sets tell; of a permutation, each adds what those
// before it did not have.
func (p *Preview) fill(inputs map[string]v1.ResourceSetInput) {
	for _, key := range parts(p.Provider, p.ID) {
		in := inputs[p.Namespace+"/"+key]
		for field, into := range map[string]*string{
			"branch": &p.Branch, "author": &p.Author, "title": &p.Title, "sha": &p.Commit, "url": &p.Request,
		} {
			*into = cmp.Or(*into, text(in, field))
		}
	}
}

// parts are the keys of the input sets that a preview is of: those which a
// permutation combines, or its own.
func parts(provider, id string) []string {
	if !strings.Contains(provider, "=") {
		return []string{provider + "/" + id}
	}
	keys := strings.Split(provider, "/")
	for i := range keys {
		keys[i] = strings.Replace(keys[i], "=", "/", 1)
	}
	return keys
}

// sourcesOf lists the sources of an input set, by what a status calls its
// provider: api, or of a permutation regions=eu/api=12.
func sourcesOf(provider string) []string {
	if !strings.Contains(provider, "=") {
		return []string{provider}
	}
	var out []string
	for _, part := range strings.Split(provider, "/") {
		source, _, _ := strings.Cut(part, "=")
		out = append(out, source)
	}
	return out
}

// text returns a value of an input as text.
func text(in v1.ResourceSetInput, key string) string {
	raw := in[key]
	if raw == nil {
		return ""
	}
	var value any
	if json.Unmarshal(raw.Raw, &value) != nil || value == nil {
		return ""
	}
	if value, ok := value.(string); ok {
		return value
	}
	return string(raw.Raw)
}

// follow looks at what Flux made of the preview's objects: a preview whose
// Kustomization fails is not ready, even where the set does not wait for it.
func (p *Preview) follow(owned []entry, deployers map[object.ObjMetadata]*unstructured.Unstructured) {
	for _, entry := range owned {
		deployer := deployers[entry.ObjMetadata]
		if deployer == nil {
			continue
		}
		if created := deployer.GetCreationTimestamp(); p.Created == nil || created.Before(p.Created) {
			p.Created = &created
		}
		ready := flux.Ready(deployer)
		if rank(ready.Status) > rank(p.Ready) {
			p.Ready, p.Reason = ready.Status, ready.Reason
			p.Message = fmt.Sprintf("%s/%s: %s", deployer.GetKind(), deployer.GetName(), ready.Message)
			p.Since = nil
			if !ready.LastTransitionTime.IsZero() {
				p.Since = &ready.LastTransitionTime
			}
		}
	}
}

// rank orders what is ready from good to bad.
func rank(ready metav1.ConditionStatus) int {
	return slices.Index([]metav1.ConditionStatus{metav1.ConditionTrue, metav1.ConditionUnknown, metav1.ConditionFalse}, ready)
}

// DeployersOf returns the Kustomizations and HelmReleases of a preview.
func (s Snapshot) DeployersOf(p Preview) []*unstructured.Unstructured {
	set := s.set(p)
	if set == nil {
		return nil
	}
	var out []*unstructured.Unstructured
	for _, entry := range entriesOf(set.Status.Inventory) {
		for i := range s.Deployers {
			if entry.input == p.Key() && object.UnstructuredToObjMetadata(&s.Deployers[i]) == entry.ObjMetadata {
				out = append(out, &s.Deployers[i])
			}
		}
	}
	return out
}
