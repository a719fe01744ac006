// Command app is the sample web app that previews show: one page that tells
// which preview it is.
//
//	PORT         where it listens (8080)
//	PUBLIC_URL   the preview's address, set by the preview's manifests
//	APP_MESSAGE  a line that the image was built with
//	APP_STATUS   the status of the page (200)
//	APP_START    how long it takes to start, such as 10s
//	APP_LOCATION where the page redirects to
//	APP_ENDLESS  the page never ends
//	APP_END      how long it serves before it ends with an error (as long as it may)
package main

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"
)

const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>{{.Message}}</title>
<style>body { font: 18px/1.5 sans-serif; margin: 15vh auto; max-width: 32em; padding: 0 1em }</style>
<h1>{{.Message}}</h1>
<p>{{if .PublicURL}}This preview is at <a href="{{.PublicURL}}">{{.PublicURL}}</a>.{{else}}No PUBLIC_URL is set.{{end}}</p>
<p>Served by {{.Hostname}}.</p>
</html>
`

type content struct {
	Message, PublicURL, Hostname string

	status   int
	location string
	endless  bool
}

func main() {
	if err := run(); err != nil {
		slog.Error("the app ended", "error", err)
		os.Exit(1)
	}
}

func run() error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	status, err := strconv.Atoi(env("APP_STATUS", "200"))
	if err != nil {
		return fmt.Errorf("APP_STATUS: %w", err)
	}
	server := &http.Server{
		Addr: ":" + env("PORT", "8080"),
		Handler: handler(content{
			Message:   env("APP_MESSAGE", "Hello from the sample app"),
			PublicURL: os.Getenv("PUBLIC_URL"),
			Hostname:  os.Getenv("HOSTNAME"),
			status:    status,
			location:  os.Getenv("APP_LOCATION"),
			endless:   os.Getenv("APP_ENDLESS") != "",
		}),
		ReadHeaderTimeout: 10 * time.Second,
	}
	context.AfterFunc(ctx, func() {
		grace, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := server.Shutdown(grace); err != nil {
			slog.Warn("some requests were cut off", "error", err)
		}
	})
	start, err := time.ParseDuration(env("APP_START", "0s"))
	if err != nil {
		return fmt.Errorf("APP_START: %w", err)
	}
	end, err := time.ParseDuration(env("APP_END", "0s"))
	if err != nil {
		return fmt.Errorf("APP_END: %w", err)
	}
	time.Sleep(start)
	if end > 0 {
		time.AfterFunc(end, func() {
			slog.Error("the app ends, as it was told to", "after", end)
			os.Exit(1)
		})
	}
	slog.Info("serving", "address", server.Addr)
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving on %s: %w", server.Addr, err)
	}
	return nil
}

func handler(c content) http.Handler {
	tmpl := template.Must(template.New("page").Parse(page))
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusOK)
	})
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		if c.location != "" {
			http.Redirect(w, r, c.location, http.StatusFound)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(max(c.status, http.StatusOK))
		if err := tmpl.Execute(w, c); err != nil {
			slog.Warn("a visitor left early", "error", err)
		}
		for c.endless && r.Context().Err() == nil {
			_, _ = w.Write([]byte("<p>And so on.</p>\n")) // the visitor may have left
			_ = http.NewResponseController(w).Flush()
			time.Sleep(time.Second / 10)
		}
	})
	return mux
}

func env(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}
