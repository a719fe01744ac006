// Command bench measures what an operator costs the API server, by the size of
// a set and by what changes in it, and prints a table.
//
//	go run ./test/bench --previews 100,1000,5000
//	go run ./test/bench --previews 1000 --operator 'other-operator --some-flag'
//
// Everything is real: a kube-apiserver, etcd, and the operator as a process that
// knows neither that it is measured nor by whom. Times depend on the machine;
// so each run also measures a client that only writes the objects, and tells
// the operator's time as a multiple of that client's.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/go-logr/logr"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/eddy-previews/eddy/test/rig"
)

// options are the flags.
type options struct {
	previews []int
	operator string
	check    bool
	// crowd of sets to measure in place of one set of each size.
	crowd crowd
	// plain leaves out what asks whether previews run.
	plain bool
	// profileIn is the folder that profiles of Eddy are written to, "" for none.
	profileIn string
}

func main() {
	ctrl.SetLogger(logr.Discard()) // that of the API server's starter
	if err := run(os.Args[1:]); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	asked, err := parse(args)
	if err != nil {
		return err
	}
	operators, err := contestants(asked)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "eddy-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a folder in /tmp
	started, err := rig.New(os.Getenv("KUBEBUILDER_ASSETS"), dir)
	if err != nil {
		return err
	}
	if asked.crowd.sets > 0 {
		rows, err := measureCrowd(ctx, started, operators[0], asked.crowd)
		rows = append([][]string{{"sets", "work", "requests", "of which", "time", ""}}, rows...)
		_, failed := io.WriteString(os.Stdout, align(rows))
		return errors.Join(err, failed, started.Close())
	}
	reports, err := measureAll(ctx, started, operators, asked)
	if err := errors.Join(err, started.Close()); err != nil {
		return err
	}
	if err := write(os.Stdout, reports); err != nil {
		return err
	}
	if asked.check {
		return check(reports)
	}
	return nil
}

func parse(args []string) (options, error) {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	previews := flags.String("previews", "100,1000,5000", "how many previews the sets have, separated by commas")
	asked := options{}
	flags.StringVar(&asked.operator, "operator", "", "the command line of another operator, which is measured on the same work and set against Eddy's; it finds the cluster by KUBECONFIG")
	flags.BoolVar(&asked.check, "check", false, "fail when Eddy needs more than it promises")
	flags.BoolVar(&asked.plain, "plain", false, "leave out the set that asks whether its previews run, which takes most of the time")
	flags.StringVar(&asked.profileIn, "profile", "", "a folder: write there on what Eddy spends its processor in short work, done again and again")
	many := flags.String("crowd", "", "measure many sets in place of one: SETSxPREVIEWS, or SETSxPREVIEWSxPROVIDERS, such as 200x50x500")
	shards := flags.Int("shards", 0, "how many operators share the sets of --crowd; one has all when 0")
	if err := flags.Parse(args); err != nil {
		return asked, err
	}
	var err error
	if asked.crowd, err = parseCrowd(*many, *shards); err != nil {
		return asked, err
	}
	for _, text := range strings.Split(*previews, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(text))
		if err != nil || n < 20 {
			return asked, fmt.Errorf("--previews has %q: use numbers of 20 and more, such as 100,1000", text)
		}
		asked.previews = append(asked.previews, n)
	}
	return asked, nil
}

// contestant is an operator that is measured.
type contestant struct {
	name    string
	command []string
	// profileIn is the folder that its profiles are written to, "" for none.
	profileIn string
}

const eddyName = "eddy"

// contestants are Eddy and, when its command is given, another operator.
func contestants(asked options) ([]contestant, error) {
	binary := os.Getenv("EDDY_BIN")
	if binary == "" {
		return nil, errors.New("EDDY_BIN is not set: run `make bench`, or export EDDY_BIN=$PWD/bin/eddy")
	}
	out := []contestant{{name: eddyName, command: append([]string{binary, "operator"}, rig.Flags...), profileIn: asked.profileIn}}
	if words := strings.Fields(asked.operator); len(words) > 0 {
		out = append(out, contestant{name: filepath.Base(words[0]), command: words})
	}
	return out, nil
}

// measureAll measures one after the other, so that none disturbs another.
func measureAll(ctx context.Context, on *rig.Rig, operators []contestant, asked options) ([]report, error) {
	var reports []report
	for _, previews := range asked.previews {
		floor, err := measureFloor(ctx, on, previews)
		if err != nil {
			return nil, fmt.Errorf("writing %d objects without an operator: %w", previews, err)
		}
		for _, operator := range operators {
			fmt.Fprintf(os.Stderr, "%s with %d previews\n", operator.name, previews)
			one, err := measure(ctx, on, operator, previews)
			if err != nil {
				return nil, fmt.Errorf("measuring %s with %d previews: %w", operator.name, previews, err)
			}
			one.floor = floor
			reports = append(reports, one)
		}
		if asked.plain {
			continue
		}
		fmt.Fprintf(os.Stderr, "%s with %d previews\n", watched, previews)
		one, err := measureReadiness(ctx, on, operators[0], previews)
		if err != nil {
			return nil, fmt.Errorf("measuring readiness with %d previews: %w", previews, err)
		}
		// What a workload costs is what is kept of a preview more than without one.
		one.perWorkload = (one.live() - reports[len(reports)-len(operators)].live()) / int64(previews)
		reports = append(reports, one)
		if previews != many { // as many as are told of one repository
			continue
		}
		fmt.Fprintf(os.Stderr, "%s with %d requests\n", telling, previews)
		if one, err = measureFeedback(ctx, on, operators[0], previews); err != nil {
			return nil, fmt.Errorf("measuring feedback with %d requests: %w", previews, err)
		}
		reports = append(reports, one)
	}
	return reports, nil
}
