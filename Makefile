# Everything that Eddy needs beyond Go and Debian's packages is built from
# pinned modules into a cache outside of the checkout.

BIN     := bin
GO      ?= go
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)
LDFLAGS := -s -w -X github.com/eddy-previews/eddy/internal/cli.version=$(VERSION)

# Everything is built in one way, so that it is compiled once: programs, tests,
# images and the tools of the local system (internal/toolchain there says why
# these flags). Without cgo linking takes half as long.
export CGO_ENABLED := 0
export GOFLAGS     := $(GOFLAGS) -trimpath -gcflags=all=-dwarf=false -tags=netgo,osusergo

export EDDY_BIN       := $(CURDIR)/$(BIN)/eddy
export EDDY_CLUSTER   := $(CURDIR)/$(BIN)/cluster
export EDDY_PACKAGING := $(CURDIR)/$(BIN)/packaging

.DEFAULT_GOAL := help

.PHONY: help
help: ## Show this help
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: build
build: ## Build bin/eddy and the local system's bin/cluster, bin/demo and bin/packaging
	$(GO) build -ldflags '$(LDFLAGS)' -o $(BIN)/eddy ./cmd/eddy
	$(GO) build -o $(BIN)/demo ./test/e2e/demo
	$(GO) build -C test/cluster -o $(CURDIR)/$(BIN)/cluster .
	$(GO) build -C packaging -o $(CURDIR)/$(BIN)/packaging .

# What a first preview needs, fetched at once and compiled with progress; the
# demo builds the rest while the preview is there already.
.PHONY: first
first:
	@echo 'Compiling the program that builds the rest (a minute or two on a new machine)'
	@$(GO) build -C test/cluster -o $(CURDIR)/$(BIN)/cluster .
	@$(BIN)/cluster build --only first --with 'building Eddy=$(MAKE) --no-print-directory build' \
	  --beside 'installing Debian packages=$(BIN)/cluster packages' >/dev/null

.PHONY: demo
demo: first ## Set up a whole system on this machine and play the life of previews
	$(BIN)/demo

.PHONY: demo-check
demo-check: first ## Play the same unattended and check each step
	$(BIN)/demo --check

# `make lint` vets; to vet for each test as well takes a quarter of the time of the short ones.
# Without a symbol table linking the tests takes a quarter less.
TESTING := -vet=off -ldflags=-s

# The program that checks alerts, out of Debian's package and without its services. Where
# it cannot be had, the test of the alerts says so and is skipped.
PROMTOOL := $(or $(EDDY_CACHE),$(HOME)/.cache/eddy)/promtool
.PHONY: promtool
promtool:
	@command -v promtool >/dev/null || [ -x $(PROMTOOL)/usr/bin/promtool ] || { mkdir -p $(PROMTOOL) && cd $(PROMTOOL) && \
	  apt-get download -qq prometheus >/dev/null 2>&1 && dpkg -x prometheus_*.deb . && rm prometheus_*.deb; } || \
	  echo 'promtool cannot be had: apt-get install prometheus' >&2

.PHONY: test
test: build packages promtool ## Run all tests: unit, API server and end to end
	KUBEBUILDER_ASSETS="$$($(BIN)/cluster assets)" $(GO) test $(TESTING) -timeout 60m ./... # the longest takes half of it where it has to build a release first
	$(GO) test -C test/cluster $(TESTING) -timeout 20m ./...
	$(GO) test -C packaging $(TESTING) ./...

# Linkers and short tests live for seconds: to collect garbage less often pays.
.PHONY: test-unit
test-unit: export GOGC := 400
test-unit: ## Run the tests that need no cluster, in seconds
	@$(MAKE) --no-print-directory -j3 unit-eddy unit-cluster unit-packaging # side by side: the last test of one keeps no processor idle

.PHONY: unit-eddy unit-cluster unit-packaging
unit-eddy:
	$(GO) test $(TESTING) -short $$($(GO) list ./... | grep -v -E '/(test/(e2e|faults)|internal/(check|control|trace))$$') # nothing in those is short
unit-cluster:
	$(GO) test -C test/cluster $(TESTING) -short ./...
unit-packaging:
	$(GO) test -C packaging $(TESTING) -short ./...

.PHONY: lint
lint: ## Run the linters
	$(GO) tool -modfile=tools/lint.mod golangci-lint run ./...
	cd test/cluster && $(GO) tool -modfile=../../tools/lint.mod golangci-lint run --config ../../.golangci.yml ./...
	cd packaging && $(GO) tool -modfile=../tools/lint.mod golangci-lint run --config ../.golangci.yml ./...
	$(GO) tool -modfile=tools/workflows.mod actionlint .github/workflows/*.yaml

.PHONY: generate
generate: ## Generate deepcopy functions, CRDs (the chart's too) and the API reference
	$(GO) tool -modfile=tools/generate.mod controller-gen \
	  object paths=./api/... crd output:crd:dir=config/crd
	cp config/crd/*.yaml charts/eddy/files/crds/
	$(GO) tool -modfile=tools/generate.mod crd-ref-docs --log-level=ERROR \
	  --source-path=api/v1 --config=tools/api-docs.yaml --renderer=markdown --output-path=docs/api.md

GENERATED := api config charts docs

.PHONY: generate-check
generate-check: generate ## See that what is generated is what is committed
	@[ -z "$$(git status --porcelain $(GENERATED))" ] || { git status --short $(GENERATED); git diff $(GENERATED); \
	  echo "What is generated differs from what is committed: run make generate, and commit what it changes." >&2; exit 1; }

.PHONY: image
image: ## Build the container image into dist/eddy-image.tar; PUSH=REGISTRY/REPOSITORY pushes it
	SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) $(GO) run -C packaging . --root $(CURDIR) --output $(CURDIR)/dist/eddy-image.tar \
	  --version $(VERSION) --revision $$(git rev-parse HEAD) $(if $(PUSH),--push $(PUSH))

# A release has the version of its tag. What is checked before is of the version that
# the chart has, and of the commit.
RELEASE := rm -rf $(CURDIR)/dist/release && SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) $(GO) run -C packaging ./cmd/release --root $(CURDIR) --output $(CURDIR)/dist/release --revision $$(git rev-parse HEAD)
DRAFT   := v$(shell sed -n 's/^version: //p' charts/eddy/Chart.yaml)-draft.g$(shell git rev-parse --short HEAD)

.PHONY: release
release: ## Make all that VERSION=vX.Y.Z is published as, in dist/release
	$(RELEASE) --version $(VERSION)

.PHONY: release-check
release-check: ## Make a release of what is not released yet, twice, and check both
	$(RELEASE) --version $(DRAFT) --draft

.PHONY: bench
bench: build ## Measure requests, time and memory; BENCH='--operator CMD' compares
	@KUBEBUILDER_ASSETS="$$($(BIN)/cluster assets)" $(GO) run ./test/bench $(BENCH)

.PHONY: bench-rendering
bench-rendering: ## Compare compiled rendering with rendering the text
	$(GO) test -run '^$$' -bench . -benchmem ./internal/...

.PHONY: packages
packages: # Install the Debian packages that a real node needs, where that can be done
	@$(BIN)/cluster packages

.PHONY: clean
clean: ## Take the demo down and remove what was built here
	-$(BIN)/cluster down
	rm -rf $(BIN) dist
