package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The metrics of Go that say when garbage was collected last, and what was left then.
const (
	lastCollection = "go_memstats_last_gc_time_seconds"
	liveHeap       = "go_gc_heap_live_bytes"
)

// collections is how often garbage is collected at the least.
const collections = 2 * time.Minute

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

// collected waits until garbage was collected since a time, and returns what of the heap
// was in use then: all else that a process holds depends on what it did before.
func (t *trial) collected(ctx context.Context, since time.Time) (live int64, err error) {
	for patience := time.Now().Add(collections + time.Minute/2); ; {
		said, err := t.said(ctx)
		if err != nil {
			return 0, err
		}
		if said[lastCollection] > float64(since.UnixNano())/1e9 && said[liveHeap] > 0 {
			return int64(said[liveHeap]), nil
		}
		if time.Now().After(patience) {
			return 0, errors.New("no garbage was collected")
		}
		if err := pauseFor(ctx, 5*time.Second); err != nil {
			return 0, err
		}
	}
}

// said reads the metrics that have no labels.
func (t *trial) said(ctx context.Context) (map[string]float64, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+t.metrics+"/metrics", nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, fmt.Errorf("reading the metrics: %w", err)
	}
	defer response.Body.Close() //nolint:errcheck // it is only read
	out := map[string]float64{}
	for lines := bufio.NewScanner(response.Body); lines.Scan(); {
		name, text, _ := strings.Cut(lines.Text(), " ")
		if value, err := strconv.ParseFloat(text, 64); err == nil {
			out[name] = value
		}
	}
	return out, nil
}
