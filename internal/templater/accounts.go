package templater

import (
	"fmt"
	"slices"
	"sync"

	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// maxAccounts bounds how many clients are kept. One that was forgotten is opened
// anew, at the cost of a connection.
const maxAccounts = 200

// Accounts opens the API server as one account or another, and keeps what it
// opened: a client and its discovery are made once for each account.
type Accounts struct {
	// Config reaches the API server as the operator.
	Config *rest.Config
	// Own is the operator's own client; it reads the API server directly.
	Own client.Client

	mu     sync.Mutex
	opened map[string]client.Client
	// used are the accounts that were opened, the latest used last.
	used []string
}

// Client returns a client that acts as a service account; as the operator when
// name is empty. Whether the account exists is for the API server to say.
func (a *Accounts) Client(namespace, name string) (client.Client, error) {
	if name == "" {
		return a.Own, nil
	}
	user := fmt.Sprintf("system:serviceaccount:%s:%s", namespace, name)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.touch(user)
	if opened, ok := a.opened[user]; ok {
		return opened, nil
	}
	config := rest.CopyConfig(a.Config)
	config.Impersonate = rest.ImpersonationConfig{UserName: user}
	opened, err := client.New(config, client.Options{Scheme: a.Own.Scheme(), Mapper: a.Own.RESTMapper()})
	if err != nil {
		return nil, err
	}
	if a.opened == nil {
		a.opened = map[string]client.Client{}
	}
	a.opened[user] = opened
	return opened, nil
}

// touch notes that an account is used, and forgets that which was used longest
// ago where there are too many.
func (a *Accounts) touch(user string) {
	a.used = append(slices.DeleteFunc(a.used, func(other string) bool { return other == user }), user)
	if len(a.used) > maxAccounts {
		delete(a.opened, a.used[0])
		a.used = a.used[1:]
	}
}
