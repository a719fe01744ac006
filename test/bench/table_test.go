package main

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/eddy-previews/eddy/test/rig"
)

func eddy(requests int) report {
	return report{operator: "eddy", previews: 1000, idle: 50 << 20, floor: time.Second, figures: []figure{
		{work: "first apply", most: 1120, counts: rig.Counts{"PATCH": 1002, "POST": 2, rig.Watch: 7}, took: 2 * time.Second},
		{work: atRest, most: 12, counts: rig.Counts{"LIST": requests}, took: time.Second, memory: 60 << 20},
	}}
}

func TestTheTableSetsAnOperatorAgainstTheFirst(t *testing.T) {
	other := eddy(8)
	other.operator = "other"
	out := &strings.Builder{}
	if err := write(out, []report{eddy(4), other}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"| 1000     | eddy     | first apply     | 1004     | 1120  | 2 POST, 1002 PATCH", "| 2.00 × a client that only writes |",
		"2.0 × requests, 1.0 × time", "10.2 KiB a preview (limit 40), 50 MiB idle",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing from\n%s", want, out)
		}
	}
}

func TestTheCheckNamesEachPromiseThatIsBroken(t *testing.T) {
	if err := check([]report{eddy(12)}); err != nil {
		t.Errorf("the promises are kept: %v", err)
	}
	broken := eddy(13)
	broken.figures[1].memory = 100 << 20
	broken.figures = append(broken.figures, figure{work: "one input removed", undone: errors.New("it is there")})
	err := check([]report{broken})
	for _, want := range []string{"nothing changed: 13 requests, promised are 12", "one input removed: it is there", "51.2 KiB a preview"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing from %v", want, err)
		}
	}
}

func TestTheCheckNamesWhatReadinessCostsBeyondWhatIsPromised(t *testing.T) {
	kept := report{operator: watched, previews: 1000, perWorkload: 3 << 10, figures: []figure{
		{work: unchanged, silent: true, counts: rig.Counts{rig.Watch: 3}},
		{work: "one preview rolls out", writes: rollOutWrites, counts: rig.Counts{"LIST": 9, "PATCH": 7, rig.Status: 3, rig.Event: 3}},
	}}
	if err := check([]report{kept}); err != nil {
		t.Errorf("the promises are kept: %v", err)
	}
	broken := kept
	broken.perWorkload++
	broken.figures = []figure{
		{work: unchanged, silent: true, counts: rig.Counts{"GET": 1}},
		{work: "one preview rolls out", writes: rollOutWrites, counts: rig.Counts{"PATCH": 5, rig.Status: 4}},
	}
	err := check([]report{broken})
	for _, want := range []string{"1 requests (1 GET), promised are none", "the status was written 4 times, promised are 3 at most", "3.0 KiB of live heap a workload"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing from %v", want, err)
		}
	}
}

func TestTheCheckNamesARequestToTheForgeThatNothingIsTheReasonOf(t *testing.T) {
	is := report{operator: telling, previews: 1000, perRequest: 512, figures: []figure{{work: wereTold, silent: true, counts: rig.Counts{rig.Watch: 3}}}}
	out := &strings.Builder{}
	if err := errors.Join(check([]report{is}), write(out, []report{is})); err != nil || !strings.Contains(out.String(), "0.5 KiB of live heap a request that was told") {
		t.Errorf("%v\n%s", err, out)
	}
	is.figures[0].counts[forgeRequests] = 2
	if err := check([]report{is}); err == nil || !strings.Contains(err.Error(), "2 requests (2 FORGE), promised are none") {
		t.Errorf("it says %v", err)
	}
}
