package e2e_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	eventv1 "github.com/fluxcd/pkg/apis/event/v1beta1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/eddy-previews/eddy/test/e2e/actors"
)

func TestAnAlertOfFluxTellsWhatEddyDid(t *testing.T) { alertTells(t) }

// alertTells has notification-controller send on what the operator told it, with the
// patch and the Alert of docs/install.md as they stand.
func alertTells(t *testing.T) {
	t.Helper()
	told := make(chan eventv1.Event, 100)
	chat := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		event := eventv1.Event{}
		if err := json.NewDecoder(r.Body).Decode(&event); err != nil {
			t.Error(err)
		}
		select {
		case told <- event:
		default: // enough was told
		}
	}))
	t.Cleanup(chat.Close)
	letAlertsNameEddysKinds(t)
	must(t, world.Apply(t.Context(), `
apiVersion: notification.toolkit.fluxcd.io/v1beta3
kind: Provider
metadata: {name: chat, namespace: app-dev}
spec: {type: generic, address: "`+chat.URL+`"}
`, blockOf(t, "install.md", "alert")))

	pr := preview(t, "Told")
	wanted := map[string]string{ // a word of the message, by the kind that it is about
		"ResourceSetInputProvider": "",
		"ResourceSet":              pr.Kustomization(),
	}
	deadline := time.After(time.Minute)
	for len(wanted) > 0 {
		select {
		case event := <-told:
			kind := event.InvolvedObject.Kind
			if word, found := wanted[kind]; found && strings.Contains(event.Message, word) {
				equal(t, event.InvolvedObject.Namespace, actors.Namespace)
				delete(wanted, kind)
			}
		case <-deadline:
			t.Fatalf("not told: %v", wanted)
		}
	}
}

// letAlertsNameEddysKinds patches the definition as the page says.
func letAlertsNameEddysKinds(t *testing.T) {
	t.Helper()
	var kustomization struct {
		Patches []struct {
			Target struct{ Name string }
			Patch  string
		}
	}
	must(t, yaml.Unmarshal([]byte(blockOf(t, "install.md", "alerts")), &kustomization))
	for _, one := range kustomization.Patches {
		patch, err := yaml.YAMLToJSON([]byte(one.Patch))
		must(t, err)
		definition := &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{Name: one.Target.Name}}
		definition.SetGroupVersionKind(apiextensionsv1.SchemeGroupVersion.WithKind("CustomResourceDefinition"))
		must(t, world.Kube.Patch(t.Context(), definition, client.RawPatch(types.JSONPatchType, patch)))
	}
}

// blockOf is the block of YAML with a word of its own on a page of the docs.
func blockOf(t *testing.T, page, word string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(world.Programs.Root, "docs", page))
	must(t, err)
	block := regexp.MustCompile("(?s)```yaml " + word + "\n(.*?)```").FindSubmatch(text)
	if block == nil {
		t.Fatalf("docs/%s has no block %q", page, word)
	}
	return string(block[1])
}
