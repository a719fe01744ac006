package credential

import (
	"context"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/metadata/metadatainformer"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/event"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

// syncTimeout bounds how long a run waits until a Secret that it reads for the
// first time is watched. Without the watch, a change is found an interval later.
const syncTimeout = 5 * time.Second

// Watch wakes providers when a Secret that they refer to changes.
//
// It watches each such Secret by its name, and its metadata alone, as a kubelet
// watches those of its pods. What it costs follows what is referred to: nothing
// is held of the other Secrets of a namespace, of which Helm alone may leave
// hundreds, an account may be limited to the Secrets that it is to read, and
// the API server finds the watch by the name. The nil Watch watches nothing.
type Watch struct {
	client metadata.Interface
	events chan event.GenericEvent

	// stopped is closed when nobody reads the events any more.
	stopped chan struct{}

	mu      sync.Mutex
	secrets map[types.NamespacedName]*watched
	// following are the Secrets of each reference.
	following map[Follower]map[types.NamespacedName]bool
}

// watched is one Secret.
type watched struct {
	informer toolscache.SharedIndexInformer
	stop     chan struct{}
	// followers are those who refer to it.
	followers map[Follower]bool
}

// Follower is an object that refers to Secrets, and by which field: what it
// refers to by another one is followed apart.
type Follower struct {
	types.NamespacedName
	Field string
}

// NewWatch returns a Watch that watches until it is stopped.
func NewWatch(client metadata.Interface) *Watch {
	return &Watch{
		client: client, events: make(chan event.GenericEvent), stopped: make(chan struct{}),
		secrets:   map[types.NamespacedName]*watched{},
		following: map[Follower]map[types.NamespacedName]bool{},
	}
}

// Events name the providers that are to run again.
func (w *Watch) Events() <-chan event.GenericEvent { return w.events }

// Start implements manager.Runnable: it ends the Watch with the context.
func (w *Watch) Start(ctx context.Context) error {
	<-ctx.Done()
	close(w.stopped)
	w.mu.Lock()
	defer w.mu.Unlock()
	for name := range w.secrets {
		close(w.secrets[name].stop)
		delete(w.secrets, name)
	}
	return nil
}

// Follow makes these the Secrets of a follower, in its namespace, from now on.
// It returns once they are watched.
func (w *Watch) Follow(ctx context.Context, who Follower, names []string) {
	if w == nil {
		return
	}
	timed, cancel := context.WithTimeout(ctx, syncTimeout)
	defer cancel()
	for _, secret := range w.follow(who, names) {
		// An account that may not watch never gets there, and goes without.
		_ = toolscache.WaitForCacheSync(timed.Done(), secret.informer.HasSynced)
	}
}

// Forget ends all that is followed for an object.
func (w *Watch) Forget(object types.NamespacedName) {
	if w == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for who, keys := range w.following {
		if who.NamespacedName != object {
			continue
		}
		for key := range keys {
			w.leave(who, key)
		}
		delete(w.following, who)
	}
}

// follow starts and ends what has to be, and returns what was started.
func (w *Watch) follow(who Follower, names []string) []*watched {
	w.mu.Lock()
	defer w.mu.Unlock()
	select {
	case <-w.stopped:
		return nil
	default:
	}
	wanted := make(map[types.NamespacedName]bool, len(names))
	var started []*watched
	for _, name := range names {
		key := types.NamespacedName{Namespace: who.Namespace, Name: name}
		wanted[key] = true
		if w.secrets[key] == nil {
			w.secrets[key] = w.open(key)
			started = append(started, w.secrets[key])
		}
		w.secrets[key].followers[who] = true
	}
	for key := range w.following[who] {
		if !wanted[key] {
			w.leave(who, key)
		}
	}
	w.following[who] = wanted
	if len(wanted) == 0 {
		delete(w.following, who)
	}
	return started
}

// leave ends the watch of a Secret with its last follower.
func (w *Watch) leave(who Follower, key types.NamespacedName) {
	secret := w.secrets[key]
	if secret == nil {
		return
	}
	delete(secret.followers, who)
	if len(secret.followers) == 0 {
		close(secret.stop)
		delete(w.secrets, key)
	}
}

// open begins to watch one Secret.
func (w *Watch) open(key types.NamespacedName) *watched {
	secret := &watched{stop: make(chan struct{}), followers: map[Follower]bool{}}
	secret.informer = metadatainformer.NewFilteredMetadataInformer(w.client, corev1.SchemeGroupVersion.WithResource("secrets"), key.Namespace, 0,
		toolscache.Indexers{}, func(options *metav1.ListOptions) {
			options.FieldSelector = fields.OneTermEqualSelector(metav1.ObjectNameField, key.Name).String()
		}).Informer()
	wake := func() { w.wake(key) }
	// It fails for an informer that has been stopped, and this one is new.
	_, _ = secret.informer.AddEventHandler(toolscache.ResourceEventHandlerDetailedFuncs{
		AddFunc: func(_ any, initial bool) {
			if !initial {
				wake()
			}
		},
		UpdateFunc: func(was, is any) {
			if versionOf(was) != versionOf(is) {
				wake()
			}
		},
		DeleteFunc: func(any) { wake() },
	})
	go secret.informer.Run(secret.stop)
	return secret
}

// versionOf returns the resource version of what an informer holds.
func versionOf(object any) string {
	if metadata, ok := object.(*metav1.PartialObjectMetadata); ok {
		return metadata.ResourceVersion
	}
	return ""
}

// wake tells the providers of a Secret.
func (w *Watch) wake(key types.NamespacedName) {
	w.mu.Lock()
	providers := map[types.NamespacedName]bool{}
	if secret := w.secrets[key]; secret != nil {
		for who := range secret.followers {
			providers[who.NamespacedName] = true
		}
	}
	w.mu.Unlock()
	for provider := range providers {
		object := &v1.ResourceSetInputProvider{ObjectMeta: metav1.ObjectMeta{Namespace: provider.Namespace, Name: provider.Name}}
		select {
		case w.events <- event.GenericEvent{Object: object}:
		case <-w.stopped:
			return
		}
	}
}
