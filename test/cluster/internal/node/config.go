package node

import (
	"encoding/json"
	"fmt"
)

const containerdSocket = "/run/containerd/containerd.sock"

// containerdConfig is for Debian's containerd 1.6, and reads the same to 1.7.
func (c Config) containerdConfig() string {
	return fmt.Sprintf(`version = 2
root = "/var/lib/containerd"
state = "/run/containerd"
# Not needed here, and each would complain or look at the machine's own disks.
disabled_plugins = [
  "io.containerd.internal.v1.opt",
  "io.containerd.internal.v1.tracing",
  "io.containerd.tracing.processor.v1.otlp",
  "io.containerd.snapshotter.v1.aufs",
  "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper",
  "io.containerd.snapshotter.v1.zfs",
]

[grpc]
  address = %q

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = %q
  stream_server_address = "127.0.0.1"
  # Root may lack CAP_SYS_RESOURCE; every pod would fail without this.
  restrict_oom_score_adj = true
  disable_hugetlb_controller = true

  [plugins."io.containerd.grpc.v1.cri".containerd]
    default_runtime_name = "runc"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false

  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = %q
    conf_dir = %q

  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = %q
`, containerdSocket, c.PauseImage, pluginDir, c.path("cni.d"), c.path("registries"))
}

// registryFile is where containerd looks for what is to be known of a registry.
func (c Config) registryFile() string { return c.path("registries", c.Registry, "hosts.toml") }

// registryConfig says that the system's own registry speaks HTTP.
func (c Config) registryConfig() string {
	url := "http://" + c.Registry
	return fmt.Sprintf("server = %q\n\n[host.%q]\n  capabilities = [\"pull\", \"resolve\"]\n", url, url)
}

// cniConfig puts the pods on one bridge. Addresses are not masqueraded: the
// machine has a route to the pods.
func (c Config) cniConfig() string {
	type object = map[string]any
	raw, _ := json.MarshalIndent(object{ // of strings and booleans; it cannot fail
		"cniVersion": "0.4.0",
		"name":       "eddy",
		"plugins": []object{
			{
				"type": "bridge", "bridge": "cni0",
				"isGateway": true, "ipMasq": false, "hairpinMode": true,
				"ipam": object{
					"type":   "host-local",
					"ranges": [][]object{{{"subnet": c.Net.PodCIDR}}},
					"routes": []object{{"dst": "0.0.0.0/0"}},
				},
			},
			{"type": "portmap", "capabilities": object{"portMappings": true}},
		},
	}, "", "  ")
	return string(raw) + "\n"
}

// kubeletConfig never removes an image and never evicts a pod for lack of
// disk: images are imported and could not be pulled again, and the disk is the
// user's, often nearly full.
func (c Config) kubeletConfig(clientCA string) string {
	return fmt.Sprintf(`apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: %s
authentication:
  anonymous:
    enabled: false
  webhook:
    enabled: true
  x509:
    clientCAFile: %s
authorization:
  mode: Webhook
containerRuntimeEndpoint: unix://%s
cgroupDriver: cgroupfs
cgroupRoot: /%s
failCgroupV1: false
failSwapOn: false
resolvConf: %s
oomScoreAdj: 0
imageGCHighThresholdPercent: 100
imageGCLowThresholdPercent: 99
evictionHard:
  memory.available: "0%%"
  nodefs.available: "0%%"
  nodefs.inodesFree: "0%%"
  imagefs.available: "0%%"
  imagefs.inodesFree: "0%%"
`, c.Net.NodeIP, clientCA, containerdSocket, c.Net.Cgroup, c.path("resolv.conf"))
}

func (c Config) kubeProxyConfig() string {
	return fmt.Sprintf(`apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: nftables
hostnameOverride: %s
clusterCIDR: %s
healthzBindAddress: 127.0.0.1:10256
metricsBindAddress: 127.0.0.1:10249
oomScoreAdj: 0
clientConnection:
  kubeconfig: %s
# The limits are the machine's, and not the node's to change.
conntrack:
  maxPerCore: 0
  min: 0
`, c.Name, c.Net.PodCIDR, c.path("kube-proxy.kubeconfig"))
}
