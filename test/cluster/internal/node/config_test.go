package node

import (
	"encoding/json"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/eddy-previews/eddy/test/cluster/internal/slot"
)

func TestKubeletNeverRemovesWhatCannotBePulledAgain(t *testing.T) {
	config := parse(t, testConfig().kubeletConfig("/pki/ca.crt"))
	if high := config["imageGCHighThresholdPercent"]; high != float64(100) {
		t.Errorf("images are removed when the disk is %v%% full", high)
	}
	for signal, threshold := range config["evictionHard"].(map[string]any) {
		if threshold != "0%" {
			t.Errorf("pods are evicted for %s at %v", signal, threshold)
		}
	}
}

func TestKubeletStaysInItsOwnControlGroup(t *testing.T) {
	config := parse(t, testConfig().kubeletConfig("/pki/ca.crt"))
	if got, want := config["cgroupRoot"], "/"+slot.NetworkOf(3).Cgroup; got != want {
		t.Errorf("cgroupRoot is %v, want %v", got, want)
	}
	if config["address"] != slot.NetworkOf(3).NodeIP {
		t.Errorf("it listens at %v, want the node's own address", config["address"])
	}
}

func TestKubeProxyLeavesTheMachinesLimitsAlone(t *testing.T) {
	config := parse(t, testConfig().kubeProxyConfig())
	conntrack := config["conntrack"].(map[string]any)
	if conntrack["maxPerCore"] != float64(0) || conntrack["min"] != float64(0) {
		t.Errorf("conntrack is %v, want zeroes", conntrack)
	}
}

func TestPodsGetAddressesOfTheSlot(t *testing.T) {
	config := testConfig().cniConfig()
	if !json.Valid([]byte(config)) || !strings.Contains(config, slot.NetworkOf(3).PodCIDR) {
		t.Errorf("want JSON with %s, got %s", slot.NetworkOf(3).PodCIDR, config)
	}
}

func TestContainerdUsesTheLocalPauseImage(t *testing.T) {
	config := testConfig().containerdConfig()
	for _, line := range []string{`sandbox_image = "eddy.local/pause:1"`, `restrict_oom_score_adj = true`} {
		if !strings.Contains(config, line) {
			t.Errorf("the configuration lacks %s:\n%s", line, config)
		}
	}
}

func testConfig() Config {
	return Config{
		Name: "node0", Dir: "/system/node", Logs: "/system/logs", Net: slot.NetworkOf(3),
		APIServer: "https://10.98.3.1:21000", PauseImage: "eddy.local/pause:1",
	}
}

func parse(t *testing.T, text string) map[string]any {
	t.Helper()
	var config map[string]any
	if err := yaml.UnmarshalStrict([]byte(text), &config); err != nil {
		t.Fatalf("%v in:\n%s", err, text)
	}
	return config
}
