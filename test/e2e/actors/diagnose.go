package actors

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	kustomizev1 "github.com/fluxcd/kustomize-controller/api/v1"
	sourcev1 "github.com/fluxcd/source-controller/api/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

// Diagnose says how each object between the forge and the pods is, and ends
// with the operator's last words.
func (w *World) Diagnose(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	out := &strings.Builder{}
	line := func(format string, args ...any) { _, _ = fmt.Fprintf(out, format+"\n", args...) } // a Builder never fails

	for _, object := range w.chain(ctx, line) {
		line("%T %s", object, client.ObjectKeyFromObject(object))
		for _, condition := range object.GetConditions() {
			line("    %s", describe(condition))
		}
	}
	if inputs, err := w.Inputs(ctx); err == nil {
		line("exported inputs {id: sha}: %v", inputs)
	}
	w.diagnosePods(ctx, line)
	w.diagnoseOperator(ctx, line)
	return out.String()
}

// diagnoseOperator shows the last words of the operator: those of the process, where it
// is one, else those of each pod, and of the program that ran in it before.
func (w *World) diagnoseOperator(ctx context.Context, line func(string, ...any)) {
	const lines = 25
	if file := filepath.Join(w.System.Logs, "eddy.log"); isFile(file) {
		line("the end of the operator's log:\n%s", logTail(file, lines))
		return
	}
	pods, err := w.Operators(ctx)
	if err != nil || len(pods) == 0 {
		line("there are no pods of the operator (%v)", err)
	}
	for _, pod := range pods {
		line("Pod %s of the operator: %s", pod.Name, pod.Status.Phase)
		for _, container := range pod.Status.ContainerStatuses {
			if waiting := container.State.Waiting; waiting != nil {
				line("    %s: %s", waiting.Reason, waiting.Message)
			}
			if container.RestartCount > 0 {
				line("its log before it was started again:\n%s", w.log(ctx, pod, &corev1.PodLogOptions{TailLines: new(int64(lines)), Previous: true}))
			}
		}
		line("the end of its log:\n%s", w.log(ctx, pod, &corev1.PodLogOptions{TailLines: new(int64(lines))}))
	}
}

// log is what a pod has said.
func (w *World) log(ctx context.Context, pod corev1.Pod, options *corev1.PodLogOptions) string {
	text, err := w.typed.CoreV1().Pods(pod.Namespace).GetLogs(pod.Name, options).DoRaw(ctx)
	if err != nil {
		return err.Error()
	}
	return strings.TrimRight(string(text), "\n")
}

func isFile(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// chain lists the objects from the forge to Flux.
func (w *World) chain(ctx context.Context, line func(string, ...any)) []conditioned {
	var (
		providers      v1.ResourceSetInputProviderList
		sets           v1.ResourceSetList
		sources        sourcev1.GitRepositoryList
		kustomizations kustomizev1.KustomizationList
		out            []conditioned
	)
	for _, list := range []client.ObjectList{&providers, &sets, &sources, &kustomizations} {
		if err := w.Kube.List(ctx, list); err != nil {
			line("listing %T: %v", list, err)
		}
	}
	for i := range providers.Items {
		out = append(out, &providers.Items[i])
	}
	for i := range sets.Items {
		out = append(out, &sets.Items[i])
	}
	for i := range sources.Items {
		out = append(out, &sources.Items[i])
	}
	for i := range kustomizations.Items {
		out = append(out, &kustomizations.Items[i])
	}
	return out
}

func (w *World) diagnosePods(ctx context.Context, line func(string, ...any)) {
	pods := &corev1.PodList{}
	if err := w.Kube.List(ctx, pods, client.InNamespace(Namespace)); err != nil {
		line("listing pods: %v", err)
	}
	for _, pod := range pods.Items {
		line("Pod %s: %s", pod.Name, pod.Status.Phase)
		for _, container := range pod.Status.ContainerStatuses {
			if waiting := container.State.Waiting; waiting != nil {
				line("    %s: %s", waiting.Reason, waiting.Message)
			}
		}
	}
}

// logTail returns the last lines of a file.
func logTail(path string, lines int) string {
	raw, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	all := strings.Split(strings.TrimRight(string(raw), "\n"), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}
