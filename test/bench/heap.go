package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// liveHeap is the metric of Go that says what of the heap was in use when garbage was
// collected last.
const liveHeap = "go_gc_heap_live_bytes"

// tells lets Eddy tell its metrics, and its profiles.
func (t *trial) tells() error {
	for flag, address := range map[string]*string{"--metrics-addr": &t.metrics, "--pprof-addr": &t.profiles} {
		free, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it is closed at once
		if err != nil {
			return err
		}
		*address = free.Addr().String()
		t.command = append(t.command[:len(t.command):len(t.command)], flag+"="+*address)
		if err := free.Close(); err != nil {
			return err
		}
	}
	return nil
}

// collected has garbage collected, and returns what of the heap is in use then: all else
// that a process holds depends on what it did before.
func (t *trial) collected(ctx context.Context) (live int64, err error) {
	if err := get(ctx, t.profiles, "/debug/pprof/heap?gc=1", io.Discard); err != nil {
		return 0, err
	}
	said, err := t.said(ctx)
	return int64(said[liveHeap]), err
}

// runs are how many runs of sets Eddy has made, and how long they took together.
func (t *trial) runs(ctx context.Context) (count float64, took time.Duration, err error) {
	if t.metrics == "" {
		return 0, 0, nil
	}
	said, err := t.said(ctx)
	const name, sets = "controller_runtime_reconcile_time_seconds", `{controller="resourceset"}`
	return said[name+"_count"+sets], time.Duration(said[name+"_sum"+sets] * float64(time.Second)), err
}

// said reads the metrics, by their names with the labels.
func (t *trial) said(ctx context.Context) (map[string]float64, error) {
	var text bytes.Buffer
	if err := get(ctx, t.metrics, "/metrics", &text); err != nil {
		return nil, err
	}
	out := map[string]float64{}
	for lines := bufio.NewScanner(&text); lines.Scan(); {
		line := lines.Text()
		at := strings.LastIndexByte(line, ' ')
		if at < 0 {
			continue
		}
		if value, err := strconv.ParseFloat(line[at+1:], 64); err == nil {
			out[line[:at]] = value
		}
	}
	return out, nil
}

// get writes what a process answers.
func get(ctx context.Context, address, path string, to io.Writer) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+path, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("reading %s: %w", path, err)
	}
	defer response.Body.Close() //nolint:errcheck // it is only read
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("reading %s: %s", path, response.Status)
	}
	_, err = io.Copy(to, response.Body)
	return err
}
