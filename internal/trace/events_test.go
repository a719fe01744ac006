package trace_test

import (
	"context"
	"os"
	"slices"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/preview"
	"github.com/eddy-previews/eddy/internal/trace"
	"github.com/eddy-previews/eddy/test/apiserver"
)

var server *apiserver.Server

func TestMain(m *testing.M) { os.Exit(apiserver.Main(m, &server)) }

func TestTheEventsOfAPreviewAreNotThoseOfOneWhoseNameBeginsAlike(t *testing.T) {
	namespace, ctx := server.Namespace(t), context.Background()
	previews := v1.ResourceSet{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "api-pr-envs"}}
	previews.Status.Inventory = &v1.ResourceInventory{Entries: []v1.ResourceRef{
		{ID: namespace + "_api-pr-1__ConfigMap", Version: "v1", Input: "api-prs/1"},
		{ID: namespace + "_api-pr-12__ConfigMap", Version: "v1", Input: "api-prs/12"},
		{ID: "_api-pr-12_rbac.authorization.k8s.io_ClusterRole", Version: "v1", Input: "api-prs/12"},
	}}
	for name, message := range map[string]string{
		"first":           "ConfigMap/" + namespace + "/api-pr-1 created",
		"first-failed":    "1 of 2 previews failed and keep what they had: api-prs/1: it is forbidden",
		"first-template":  `input "1" of ResourceSetInputProvider/` + namespace + `/api-prs: there is no key "slug"`,
		"both":            "ConfigMap/" + namespace + "/api-pr-1 created\nConfigMap/" + namespace + "/api-pr-12 created",
		"end":             "nothing is known of api-prs/1.",
		"twelfth":         "ConfigMap/" + namespace + "/api-pr-12 created",
		"twelfth-cluster": "ClusterRole/api-pr-12 created",
		"twelfth-failed":  "1 of 2 previews failed and keep what they had: api-prs/12: it is forbidden",
		"twelfth-input":   `input "12" of ResourceSetInputProvider/` + namespace + `/api-prs: there is no key "slug"`,
		"another-name":    "my-api-prs/1 failed",
		"another-version": "api-prs/1.2 failed",
	} {
		event := &corev1.Event{
			ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}, Message: message,
			InvolvedObject: corev1.ObjectReference{Kind: v1.ResourceSetKind, Namespace: namespace, Name: previews.Name},
		}
		if err := server.Client.Create(ctx, event); err != nil {
			t.Fatal(err)
		}
	}
	snapshot := preview.Snapshot{Sets: []v1.ResourceSet{previews}}
	watched, _ := server.Counted(t)
	reader := &trace.Reader{Client: watched, Warn: t.Logf, Now: time.Now}
	for id, want := range map[string][]string{
		"1":  {"both", "end", "first", "first-failed", "first-template"},
		"12": {"both", "twelfth", "twelfth-cluster", "twelfth-failed", "twelfth-input"},
	} {
		members, err := reader.Members(ctx, snapshot, preview.View{Namespace: namespace, Set: previews.Name, Provider: "api-prs", ID: id})
		if err != nil {
			t.Fatal(err)
		}
		events, err := members.Events(ctx)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, event := range events {
			got = append(got, event.Name)
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("those of api-prs/%s are %v, want %v", id, got, want)
		}
	}
}
