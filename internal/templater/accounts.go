package templater

import (
	"fmt"
	"sync"

	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Accounts opens the API server as one account or another, and keeps what it
// opened: a client and its discovery are made once for each account.
type Accounts struct {
	// Config reaches the API server as the operator.
	Config *rest.Config
	// Own is the operator's own client; it reads the API server directly.
	Own client.Client

	mu     sync.Mutex
	opened map[string]client.Client
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
