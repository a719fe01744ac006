package templater

import (
	"context"
	"fmt"
	"slices"
	"sync"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
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

// noteRefusal notes that the API server refused something to the account.
func (r *run) noteRefusal(err error) { r.refused = r.refused || apierrors.IsForbidden(err) }

// withoutAccount says of an account that was refused something that it does not
// exist, where that is so: nobody has granted anything to it, then.
func (r *run) withoutAccount(ctx context.Context) string {
	key := client.ObjectKey{Namespace: r.set.Namespace, Name: r.account()}
	if key.Name == "" || !apierrors.IsNotFound(r.Accounts.Own.Get(ctx, key, &corev1.ServiceAccount{})) {
		return ""
	}
	return fmt.Sprintf("account %s does not exist: create it with the permissions that previews need (eddy install --set 'previews.namespaces={%s}'), or name another in spec.serviceAccountName; ",
		key, key.Namespace)
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
