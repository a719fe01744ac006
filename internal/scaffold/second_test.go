package scaffold_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/eddy-previews/eddy/internal/scaffold"
)

// second is a fleet in which the cart has previews, and the answers for a shop.
func second(t *testing.T, namespace string) (scaffold.Answers, scaffold.Setup) {
	t.Helper()
	a := answers(t, base)
	for _, file := range derive(t, a).Files {
		place(t, a.Root, file.Path, file.Text)
	}
	a.Service, a.URL = "shop", "https://github.com/acme/shop"
	if namespace != "" {
		a.Namespace = namespace
	}
	return a, derive(t, a)
}

func TestASecondServiceInAnotherNamespaceHasThatMadeToo(t *testing.T) {
	a, setup := second(t, "shop-dev")
	written := map[string]scaffold.File{}
	for _, file := range setup.Files {
		written[strings.TrimPrefix(file.Path, a.FluxPath+"/")] = file
	}
	made := written["infrastructure/app-common-dev/namespace-shop-dev.yaml"]
	if !strings.Contains(made.Text, "kind: Namespace") || !strings.Contains(made.Text, "name: shop-dev\n") || !made.Shared {
		t.Errorf("the namespace is %+v", made)
	}
	list := written["infrastructure/app-common-dev/kustomization.yaml"]
	if !strings.HasSuffix(list.Text, "  - namespace.yaml\n  - namespace-shop-dev.yaml\n") || !list.Amended {
		t.Errorf("its list is %+v", list)
	}
	if _, again := written["infrastructure/app-common-dev/namespace.yaml"]; again || setup.Namespace != "shop-dev" || len(setup.Unlisted) > 0 {
		t.Errorf("the other namespace is written again, or told is %q, %v", setup.Namespace, setup.Unlisted)
	}
	for _, file := range setup.Files {
		place(t, a.Root, file.Path, file.Text)
	}
	a.Service, a.URL = "more", "https://github.com/acme/more"
	if third := derive(t, a); slices.ContainsFunc(third.Files, func(f scaffold.File) bool { return strings.Contains(f.Path, "namespace-") }) || third.Namespace != "" {
		t.Errorf("a third service in it has it made once more: %v", third.Files)
	}
}

func TestAListOfNamespacesThatCannotBeAmendedIsTold(t *testing.T) {
	a, _ := second(t, "shop-dev")
	place(t, a.Root, a.FluxPath+"/infrastructure/app-common-dev/kustomization.yaml", "resources: [namespace.yaml]\n")
	setup := derive(t, a)
	if len(setup.Unlisted) != 1 || !slices.Equal(setup.Unlisted[0].Names, []string{"namespace-shop-dev.yaml"}) || !strings.HasSuffix(setup.Unlisted[0].In, "app-common-dev/kustomization.yaml") {
		t.Errorf("told is %v", setup.Unlisted)
	}
}

func TestASecondServiceInTheSameNamespaceHasNothingOfItMade(t *testing.T) {
	_, setup := second(t, "")
	if setup.Namespace != "" {
		t.Errorf("told is %q", setup.Namespace)
	}
	for _, file := range setup.Files {
		if strings.Contains(file.Path, "namespace-") {
			t.Errorf("%s is written", file.Path)
		}
	}
}

func TestCIIsToldOfTheDockerfileAndOfWhatItIsBuiltFrom(t *testing.T) {
	for _, test := range []struct {
		claim, want string
		change      func(*scaffold.Answers)
	}{
		{"a Dockerfile alone is built from the root", "-f docker/cart.Dockerfile .", func(a *scaffold.Answers) { a.Dockerfile = "docker/cart.Dockerfile" }},
		{"so it is with paths", "-f services/cart/Dockerfile .", func(a *scaffold.Answers) {
			a.Dockerfile, a.Paths = "services/cart/Dockerfile", []string{"services/cart/**"}
		}},
		{"or from the folder that is given", "-f docker/cart.Dockerfile services/cart", func(a *scaffold.Answers) {
			a.Dockerfile, a.BuildPath = "docker/cart.Dockerfile", "services/cart"
		}},
	} {
		t.Run(test.claim, func(t *testing.T) {
			for _, name := range scaffold.Forges() {
				a := answers(t, base)
				a.Forge, a.URL = name, urls()[name]
				test.change(&a)
				found := false
				for _, file := range derive(t, a).Files {
					found = found || strings.Contains(file.Text, "docker build") && strings.Contains(file.Text, " "+test.want)
				}
				if !found {
					t.Errorf("%s: no CI file builds %s", name, test.want)
				}
			}
		})
	}
}

func TestCIBuildsAnotherServiceByItsOwnDockerfile(t *testing.T) {
	a := answers(t, base)
	a.Paths, a.Dockerfile = []string{"services/cart/**"}, "docker/cart.Dockerfile"
	for _, file := range derive(t, a).Files {
		place(t, a.Root, file.Path, file.Text)
	}
	a.Service, a.Paths, a.Dockerfile = "shop", []string{"services/shop/**"}, "docker/shop.Dockerfile"
	ci := text(derive(t, a), "preview.yaml")
	if !strings.Contains(ci, " -f docker/cart.Dockerfile . &&") || !strings.Contains(ci, " -f docker/shop.Dockerfile . &&") {
		t.Errorf("CI is\n%s", ci)
	}
}

func TestADockerfileElsewhereThanInTheRepositoryIsRefused(t *testing.T) {
	for _, wrong := range []string{"../Dockerfile", "/Dockerfile", "docker/", "a b", "$(evil)"} {
		a := answers(t, base)
		a.Dockerfile = wrong
		if _, err := scaffold.Derive(t.Context(), a); err == nil || !strings.HasPrefix(err.Error(), "--dockerfile: ") {
			t.Errorf("%q: %v", wrong, err)
		}
	}
}

// What takes long on a large base is done once, and not for each question.
func TestTheBaseIsBuiltOnceForAllQuestions(t *testing.T) {
	a := answers(t, base)
	image := a.Image
	a.Image = ""
	interview := scaffold.NewInterview(&a)
	for _, question := range interview.Questions() {
		if question.Flag == "base" {
			if err := question.Check(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := os.Remove(filepath.Join(a.Root, a.Base, "cart.yaml")); err != nil {
				t.Fatal(err)
			}
		}
		if question.Flag == "image" {
			if found := question.Found(t.Context()); !slices.Contains(found, image) {
				t.Errorf("found are %v", found)
			}
			a.Image = image
		}
		if err := question.Check(t.Context()); err != nil {
			t.Errorf("--%s: %v", question.Flag, err)
		}
	}
	if _, err := interview.Derive(t.Context()); err != nil {
		t.Error(err)
	}
	a.Base = "base/other"
	if _, err := interview.Derive(t.Context()); err == nil || !strings.HasPrefix(err.Error(), "--base: ") {
		t.Errorf("another base is not built: %v", err)
	}
}
