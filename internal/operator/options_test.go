package operator_test

import (
	"strings"
	"testing"

	"github.com/spf13/pflag"
	"k8s.io/client-go/rest"

	"github.com/eddy-previews/eddy/internal/operator"
)

func TestASettingWithWhichNothingWouldRunIsRefused(t *testing.T) {
	for _, flag := range []string{
		"--concurrent=0", "--apply-concurrency=0", "--requeue-dependency=0", "--requeue-dependency=-1s", "--interval-jitter-percentage=100",
		"--min-interval=-1s", "--min-interval=2h", "--max-reconcile-timeout=0",
	} {
		var options operator.Options
		flags := pflag.NewFlagSet("operator", pflag.ContinueOnError)
		options.BindFlags(flags)
		if err := flags.Parse([]string{flag}); err != nil {
			t.Fatal(err)
		}
		name, _, _ := strings.Cut(flag, "=")
		if _, err := operator.New(&rest.Config{}, options); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: got %v", flag, err)
		}
	}
}
