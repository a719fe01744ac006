package charts_test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/eddy-previews/eddy/internal/install"
)

// TestTheValuesInTheDocsAreThoseOfTheChart holds the table of docs/install.md
// against values.yaml: each row has the default, and no value is forgotten.
func TestTheValuesInTheDocsAreThoseOfTheChart(t *testing.T) {
	chart, err := install.Chart()
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]string{}
	for _, row := range regexp.MustCompile("(?m)^\\| ((?:`[a-zA-Z.]+`(?:, )?)+) \\|([^|]*)\\|").FindAllStringSubmatch(page(t), -1) {
		for _, name := range strings.Split(row[1], ", ") {
			told[strings.Trim(name, "`")] = strings.TrimSpace(row[2])
		}
	}
	leaves := map[string]any{}
	flatten(chart.Values, "", leaves)
	for name, value := range leaves {
		shown, known := told[name]
		group, _, _ := strings.Cut(name, ".")
		if _, whole := told[group]; !known && !whole {
			t.Errorf("%s is not in docs/install.md", name)
			continue
		}
		text, err := yaml.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		if known && strings.HasPrefix(shown, "`") && strings.Trim(shown, "`") != strings.TrimSpace(string(text)) {
			t.Errorf("%s is %s by default, and the page says %s", name, text, shown)
		}
	}
	for name := range told {
		_, leaf := leaves[name]
		if _, group := chart.Values[name]; !leaf && !group {
			t.Errorf("%s is in docs/install.md, and nowhere else", name)
		}
	}
}

// flatten names the values that are no maps of named values themselves.
func flatten(values map[string]any, prefix string, into map[string]any) {
	for name, value := range values {
		if inner, ok := value.(map[string]any); ok && len(inner) > 0 && name != "resources" {
			flatten(inner, prefix+name+".", into)
			continue
		}
		into[prefix+name] = value
	}
}

// TestTheInstallationsInTheDocsCanBeRendered renders the chart with each block
// of values, and with those of each HelmRelease.
func TestTheInstallationsInTheDocsCanBeRendered(t *testing.T) {
	blocks := regexp.MustCompile("(?s)```yaml (values|helmrelease)\n(.*?)```").FindAllStringSubmatch(page(t), -1)
	if len(blocks) < 4 {
		t.Fatalf("found %d blocks: the pattern misses them", len(blocks))
	}
	for n, block := range blocks {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			values := parse(t, block[2])
			if block[1] == "helmrelease" {
				values = values["spec"].(map[string]any)["values"].(map[string]any)
			}
			render(t, values)
		})
	}
}

func page(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../docs/install.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
