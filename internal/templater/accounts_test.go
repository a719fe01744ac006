package templater

import (
	"fmt"
	"testing"

	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
)

func TestAccountsThatWereUsedLongAgoAreForgotten(t *testing.T) {
	accounts := &Accounts{Config: &rest.Config{Host: "https://127.0.0.1:1"}, Own: fake.NewClientBuilder().Build()}
	first, err := accounts.Client("a", "0")
	if err != nil {
		t.Fatal(err)
	}
	for n := range 2 * maxAccounts {
		if _, err := accounts.Client("a", fmt.Sprint(n)); err != nil {
			t.Fatal(err)
		}
		if again, err := accounts.Client("a", "0"); err != nil || again != first {
			t.Fatal("an account that is in use was forgotten")
		}
	}
	if len(accounts.opened) > maxAccounts || len(accounts.used) > maxAccounts {
		t.Errorf("%d clients of %d accounts are kept", len(accounts.opened), len(accounts.used))
	}
}
