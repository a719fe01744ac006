// Package system describes a running local system to other programs: it is
// the shape of the file system.json, which cluster up writes into the system's
// folder once all is ready and cluster down removes.
//
//	info, err := system.Load(dir)
//	cfg, err := clientcmd.BuildConfigFromFlags("", info.Kubeconfig)
package system

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// File is the name of the description in a system's folder.
const File = "system.json"

// Info describes a system that is ready.
type Info struct {
	// Dir is the folder that holds all of the system's state.
	Dir string `json:"dir"`
	// Kubeconfig is the path of a kubeconfig with all rights.
	Kubeconfig string `json:"kubeconfig"`
	// APIServer is the address of the Kubernetes API, as https://host:port.
	APIServer string `json:"apiServer"`
	// Gitea is the Git forge.
	Gitea Gitea `json:"gitea"`
	// Ingress is nil where there is no node, and so nothing to route to.
	Ingress *Ingress `json:"ingress"`
	// Registry holds images and charts. It is nil as long as it is Coming.
	Registry *Registry `json:"registry"`
	// Coming are the parts that start by themselves once they are built, with
	// cluster up --rest-later. Whoever needs one waits until none is named.
	Coming []string `json:"coming,omitempty"`
	// Node is nil where the machine cannot run pods.
	Node *Node `json:"node"`
	// Events is where notification-controller takes events, the same on this
	// machine, on the node and in pods.
	Events string `json:"events"`
	// Missing says, a sentence each, which parts there are not, why, and what
	// to do about it.
	Missing []string `json:"missing"`
	// Logs is the folder of the parts' logs, NAME.log each.
	Logs string `json:"logs"`
}

// Gitea is the Git forge and its administrator.
type Gitea struct {
	// URL has no slash at its end.
	URL      string `json:"url"`
	Username string `json:"username"`
	Password string `json:"password"`
	// Token is an access token of the administrator, with all scopes.
	Token string `json:"token"`
}

// Ingress is the way in from this machine: HTTP, routed by the Host header.
type Ingress struct {
	URL string `json:"url"`
}

// Registry is a container registry, over HTTP and without a login.
type Registry struct {
	// Host is its HOST:PORT, the same on this machine, on the node and in pods.
	Host string `json:"host"`
}

// Node is the one node that runs pods.
type Node struct {
	Name string `json:"name"`
	// Host is the address of this machine on the node and in pods: Gitea, the
	// registry and the API server are there under the same ports as here.
	Host string `json:"host"`
}

// Load reads the description of the system in dir. The error satisfies
// errors.Is(err, fs.ErrNotExist) where no system is ready there.
func Load(dir string) (*Info, error) {
	raw, err := os.ReadFile(filepath.Join(dir, File))
	if err != nil {
		return nil, fmt.Errorf("no local system is ready in %s (start one with: cluster up --dir %s): %w", dir, dir, err)
	}
	info := &Info{}
	if err := json.Unmarshal(raw, info); err != nil {
		return nil, fmt.Errorf("reading %s: %w", filepath.Join(dir, File), err)
	}
	return info, nil
}

// Save writes the description into the system's folder, in one step, readable
// for its owner alone: it holds Gitea's password and token.
func (i *Info) Save() error {
	if i.Missing == nil {
		i.Missing = []string{} // an empty list reads better than null
	}
	raw, err := json.MarshalIndent(i, "", "  ")
	if err != nil {
		return fmt.Errorf("encoding the system's description: %w", err)
	}
	path := filepath.Join(i.Dir, File)
	if err := os.WriteFile(path+".tmp", append(raw, '\n'), 0o600); err != nil {
		return fmt.Errorf("writing the system's description: %w", err)
	}
	return os.Rename(path+".tmp", path)
}
