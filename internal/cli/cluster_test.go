package cli_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/rogpeppe/go-internal/testscript"
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/eddy-previews/eddy/test/forge"
)

// TestClusterScripts plays commands against a real API server. Scripts have
// some commands more:
//
//	cluster NAMESPACE   make the namespace, and that of the current context
//	apply FILE...       create objects with their status; update those there are
//	handle KIND NAME    act on a request for a run, as the operator does
//	as ACCOUNT          go on as a service account, which may do nothing
//	node                start a kubelet that knows logs
//	await FILE REGEXP   until a command in the background has written it there
//	fits COLUMNS        no line of the last output is wider
//	delete KIND NAME    delete an object
//	reported REASON     until there is an event for that reason
//	finish JOB HOW      let a Job end: Complete or Failed
//	noted SET TEXT      until the inventory of a ResourceSet has a text in it
//	expand FILE...      replace variables: $FORGE is as for TestScripts
//
// In the objects, AGO(12m) is a time, and UID(Kind/name) that of an object before.
func TestClusterScripts(t *testing.T) {
	server.Require(t)
	github := openForge(t)
	testscript.Run(t, testscript.Params{
		Dir: "testdata/cluster", UpdateScripts: *update, RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			testdata, err := filepath.Abs("testdata")
			env.Setenv("TESTDATA", testdata)
			env.Setenv(clockVariable, later().Format(time.RFC3339Nano))
			env.Setenv("FORGE", github.URL)
			env.Setenv("FORGE_TOKEN", forge.Token)
			return err
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"cluster": useCluster, "apply": applyObjects, "delete": deleteObject, "expand": expand, "reported": reported,
			"finish": finishJob, "noted": noted,
			"handle": handleRequest, "as": useAccount, "await": await, "node": startNode, "fits": fits,
		},
	})
}

func useCluster(ts *testscript.TestScript, _ bool, args []string) {
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: args[0]}}
	if err := server.Client.Create(context.Background(), namespace); !apierrors.IsAlreadyExists(err) {
		ts.Check(err)
	}
	config := server.Kubeconfig()
	config.Contexts[config.CurrentContext].Namespace = args[0]
	path := ts.MkAbs("kubeconfig")
	ts.Check(clientcmd.WriteToFile(config, path))
	ts.Setenv("KUBECONFIG", path)
	ts.Setenv("NAMESPACE", args[0])
}

func applyObjects(ts *testscript.TestScript, _ bool, args []string) {
	for _, file := range args {
		for _, document := range regexp.MustCompile(`(?m)^---$`).Split(ts.ReadFile(file), -1) {
			if strings.TrimSpace(document) != "" {
				ts.Check(applyObject(document, ts.Getenv("NAMESPACE")))
			}
		}
	}
}

func applyObject(document, namespace string) error {
	text, err := filled(document, namespace)
	if err != nil {
		return err
	}
	object := &unstructured.Unstructured{}
	if err := yaml.Unmarshal([]byte(text), &object.Object); err != nil {
		return fmt.Errorf("%w in\n%s", err, text)
	}
	if object.GetNamespace() == "" && object.GetKind() != "Node" {
		object.SetNamespace(namespace)
	}
	status := object.Object["status"]
	stored := object.DeepCopy()
	ctx := context.Background()
	err = server.Client.Create(ctx, stored)
	if apierrors.IsAlreadyExists(err) {
		stored = object.DeepCopy()
		if err = server.Client.Get(ctx, client.ObjectKeyFromObject(object), stored); err == nil {
			object.SetResourceVersion(stored.GetResourceVersion())
			stored = object.DeepCopy()
			err = server.Client.Update(ctx, stored)
		}
	}
	if err != nil || status == nil {
		return err
	}
	stored.Object["status"] = status
	return server.Client.Status().Update(ctx, stored)
}

func deleteObject(ts *testscript.TestScript, _ bool, args []string) {
	object := &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{Namespace: ts.Getenv("NAMESPACE"), Name: args[1]}}
	object.SetGroupVersionKind(kinds()[args[0]])
	ts.Check(server.Client.Delete(context.Background(), object, client.PropagationPolicy(metav1.DeletePropagationBackground)))
}

var (
	ago = regexp.MustCompile(`AGO\(([^)]*)\)`)
	uid = regexp.MustCompile(`UID\((\w+)/([^)]*)\)`)
)

// filled replaces what depends on the run.
func filled(document, namespace string) (string, error) {
	var failed error
	document = strings.NewReplacer("NAMESPACE", namespace, "NODE", node).Replace(document)
	document = ago.ReplaceAllStringFunc(document, func(found string) string {
		age, err := time.ParseDuration(ago.FindStringSubmatch(found)[1])
		if err != nil {
			failed = err
		}
		// Half a minute more, so that a slow test is still in the same minute.
		return later().Add(-age - 30*time.Second).UTC().Format(time.RFC3339)
	})
	document = uid.ReplaceAllStringFunc(document, func(found string) string {
		match := uid.FindStringSubmatch(found)
		object := &metav1.PartialObjectMetadata{}
		object.SetGroupVersionKind(kinds()[match[1]])
		if err := server.Client.Get(context.Background(), client.ObjectKey{Namespace: namespace, Name: match[2]}, object); err != nil {
			failed = err
		}
		return string(object.UID)
	})
	return document, failed
}

func kinds() map[string]schema.GroupVersionKind {
	return map[string]schema.GroupVersionKind{
		"Deployment":    {Group: "apps", Version: "v1", Kind: "Deployment"},
		"ReplicaSet":    {Group: "apps", Version: "v1", Kind: "ReplicaSet"},
		"Pod":           {Version: "v1", Kind: "Pod"},
		"ResourceSet":   {Group: "fluxcd.controlplane.io", Version: "v1", Kind: "ResourceSet"},
		"Kustomization": {Group: "kustomize.toolkit.fluxcd.io", Version: "v1", Kind: "Kustomization"},
		"GitRepository": {Group: "source.toolkit.fluxcd.io", Version: "v1", Kind: "GitRepository"},
		"ConfigMap":     {Version: "v1", Kind: "ConfigMap"},
		"Job":           {Group: "batch", Version: "v1", Kind: "Job"},
	}
}

// What happens in the background is looked for so often, and so long apart.
const (
	patience = 400
	pause    = 50 * time.Millisecond
)

// handleRequest waits until a run is asked for that was not handled yet, and
// says that it was.
func handleRequest(ts *testscript.TestScript, _ bool, args []string) {
	object := &unstructured.Unstructured{}
	object.SetGroupVersionKind(schema.GroupVersionKind{Group: "fluxcd.controlplane.io", Version: "v1", Kind: args[0]})
	if known, is := kinds()[args[0]]; is {
		object.SetGroupVersionKind(known)
	}
	key := client.ObjectKey{Namespace: ts.Getenv("NAMESPACE"), Name: args[1]}
	ctx := context.Background()
	for range patience {
		ts.Check(server.Client.Get(ctx, key, object))
		handled, _, _ := unstructured.NestedString(object.Object, "status", "lastHandledReconcileAt")
		if asked := object.GetAnnotations()["reconcile.fluxcd.io/requestedAt"]; asked != handled {
			ts.Check(unstructured.SetNestedField(object.Object, asked, "status", "lastHandledReconcileAt"))
			ts.Check(server.Client.Status().Update(ctx, object))
			return
		}
		time.Sleep(pause)
	}
	ts.Fatalf("nobody asked for a run of %s %s", args[0], args[1])
}

func useAccount(ts *testscript.TestScript, _ bool, args []string) {
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: ts.Getenv("NAMESPACE"), Name: args[0]}}
	ctx := context.Background()
	ts.Check(server.Client.Create(ctx, account))
	token := &authenticationv1.TokenRequest{}
	ts.Check(server.Client.SubResource("token").Create(ctx, account, token))
	config, err := clientcmd.LoadFromFile(ts.MkAbs("kubeconfig"))
	ts.Check(err)
	config.AuthInfos["ada"] = &clientcmdapi.AuthInfo{Token: token.Status.Token}
	ts.Check(clientcmd.WriteToFile(*config, ts.MkAbs("kubeconfig")))
}

func await(ts *testscript.TestScript, _ bool, args []string) {
	wanted := regexp.MustCompile("(?m)" + args[1])
	for range patience {
		text, err := os.ReadFile(ts.MkAbs(args[0]))
		if err == nil && wanted.Match(text) {
			return
		}
		time.Sleep(pause)
	}
	ts.Fatalf("nothing like %q was written to %s:\n%s", args[1], args[0], ts.ReadFile(args[0]))
}

func reported(ts *testscript.TestScript, _ bool, args []string) {
	events := &corev1.EventList{}
	for range patience {
		ts.Check(server.Client.List(context.Background(), events, client.InNamespace(ts.Getenv("NAMESPACE"))))
		if slices.ContainsFunc(events.Items, func(event corev1.Event) bool { return event.Reason == args[0] }) {
			return
		}
		time.Sleep(pause)
	}
	ts.Fatalf("there is no event %s", args[0])
}

func fits(ts *testscript.TestScript, _ bool, args []string) {
	columns, err := strconv.Atoi(args[0])
	ts.Check(err)
	for _, line := range strings.Split(ts.ReadFile("stdout"), "\n") {
		if width := ansi.StringWidth(line); width > columns {
			ts.Fatalf("%d columns are more than %d: %s", width, columns, line)
		}
	}
}

// readGolden returns the text of all scripts that play against a cluster.
func readGolden(t *testing.T) string {
	t.Helper()
	files, err := filepath.Glob("testdata/cluster/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		out.Write(text)
	}
	return out.String()
}
