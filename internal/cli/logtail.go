package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"

	corev1 "k8s.io/api/core/v1"

	"github.com/eddy-previews/eddy/internal/terminal"
)

// logSource is a container of a pod.
type logSource struct {
	pod       corev1.Pod
	container string
}

// String returns pod/container.
func (s logSource) String() string { return s.pod.Name + "/" + s.container }

// run names one run of the container; "" before the first.
func (s logSource) run() string {
	for _, list := range [][]corev1.ContainerStatus{s.pod.Status.InitContainerStatuses, s.pod.Status.ContainerStatuses} {
		for _, c := range list {
			if c.Name == s.container && (c.State.Running != nil || c.State.Terminated != nil) {
				return fmt.Sprintf("%s/%s/%d", s.pod.UID, c.Name, c.RestartCount)
			}
		}
	}
	return ""
}

// tail copies logs.
type tail struct {
	*showLogs
	read logReader
	out  *terminal.Log
}

// copy copies the log of a container line by line, to its end.
func (t *tail) copy(ctx context.Context, source logSource) error {
	options := &corev1.PodLogOptions{Container: source.container, Follow: t.Follow, Previous: t.Previous}
	if t.Since > 0 {
		seconds := int64(t.Since.Seconds())
		options.SinceSeconds = &seconds
	}
	if t.Tail >= 0 {
		options.TailLines = &t.Tail
	}
	stream, err := t.read(ctx, source.pod, options)
	if err != nil {
		return err
	}
	defer func() { _ = stream.Close() }() // it was only read
	lines := bufio.NewReaderSize(stream, longestLine)
	for {
		line, err := readLine(lines)
		if line != "" {
			if err := t.out.Line(source.String(), line); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// longestLine is as much of a line as is kept: what is longer goes on in the next.
const longestLine = 1 << 20

func readLine(from *bufio.Reader) (string, error) {
	line, err := from.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		err = nil
	}
	return string(line), err
}
