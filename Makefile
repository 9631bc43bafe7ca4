# make alone lists the targets.

STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.7.0
GOLANGCI    = github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
GOVULNCHECK = golang.org/x/vuln/cmd/govulncheck@v1.9.0
FUZZTIME   ?= 3000x

# The tests allocate much and keep little. With the usual setting they spend a third
# of their time on garbage collection. Benchmarks have the usual one.
test test32 race nested fuzz lint: export GOGC ?= 400

# The directories of the nested modules, the one that takes longest first.
NESTED = $(dir $(shell git ls-files -- '*/go.mod' | sort -r))

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: quickstart
quickstart: ## Run the example, against a sandbox of its own
	go run ./examples/quickstart

.PHONY: sandbox
sandbox: ## Serve a Clarify to try things on
	go run ./cmd/clarify-sandbox

.PHONY: check
check: ## Check what you changed: formatting, vet, lint, and the tests of the changed packages
	@.ci/check

# make lint has go vet look at everything. What go test lets it look at, once for each
# way to run the tests, is part of that.
.PHONY: test
test: ## Run the tests
	go test -vet=off -shuffle=on ./...

# The packages that users import, and those below them. What else there is are
# tests and tools, which no user runs on 32 bits, and which need only compile.
LIBRARY = . ./authn/... ./clarifytest/... ./gen/... $(filter-out $(addprefix %/internal/,$(RIGS)),$(shell go list ./internal/...))
RIGS    = apilist connect contract doctor documents golist house limitertest live mutate operations processes progress schemadiff schemafile schemaopenapi servers tokentest typegen

.PHONY: test32
test32: ## Run the library's tests with integers of 32 bits (needs Linux on amd64)
	GOARCH=386 CGO_ENABLED=0 go build ./...
	GOARCH=386 CGO_ENABLED=0 go test -vet=off $(LIBRARY)

# The tests of these read the module's source, generate code or run the go command; they
# share nothing between goroutines.
READERS = cmd/clarify-gen $(addprefix internal/,apilist documents golist house mutate operations schemadiff schemafile schemaopenapi typegen)

.PHONY: race
race: ## Run the tests with the race detector (needs a C compiler)
	go test -race -vet=off -shuffle=on $(filter-out $(addprefix %/,$(READERS)),$(shell go list ./...))

.PHONY: nested
nested: ## Run the tests of the nested modules, two at a time
	@printf '%s\n' $(NESTED:/=) | xargs -P 2 -n 1 .ci/nested

COUNT ?= 20
PKG   ?= ./...

.PHONY: stress
stress: ## Run the tests of each package, PKG=./authn/..., COUNT times with the race detector and busy cores
	@.ci/stress $(COUNT) $(PKG)

FILES   ?= *.go
N       ?= 50
SEED    ?= 1
MUTATED  = $(if $(filter command line,$(origin PKG)),$(PKG),.)

.PHONY: mutate
mutate: ## Try N changes of FILES in PKG=., chosen by SEED, and list those that no test notices
	go run ./internal/mutate -pkg $(MUTATED) -files '$(FILES)' -n $(N) -seed $(SEED)$(if $(TESTS), -tests '$(TESTS)')$(if $(FIRST), -first '$(FIRST)')

.PHONY: foreign
foreign: ## Drive clarify-sandbox with curl and a client from the npm registry
	internal/foreign/install
	cd internal/foreign && go test -count=1 ./...

.PHONY: soak
soak: ## Kill the examples a hundred times each, and keep the books of 100,000 operations
	IMPORT_CSV_KILLS=100 EXPORT_NDJSON_KILLS=100 MEETING_SYNC_KILLS=100 go test -count=1 -run Killed ./examples/...
	cd internal/books && BOOKS=100000 go test -count=1 -timeout 2h ./...
	cd contrib/river && BOOKS=100000 go test -count=1 -timeout 2h -run Books .
	cd examples/worker && WORKER_ROWS=1000000 go test -count=1 -timeout 2h -run Killed .

.PHONY: fuzz
fuzz: ## Fuzz each target for FUZZTIME, such as 3000x or 1m
	@.ci/fuzz $(FUZZTIME) $(FUZZMODE)

.PHONY: bench
bench: ## Run the benchmarks against their peers, in about ten minutes; fails if one is too slow
	cd internal/bench && go run ./ratios

.PHONY: benchdoc
benchdoc: ## The same, and write docs/benchmarks.md
	cd internal/bench && go run ./ratios -doc ../../docs/benchmarks.md

.PHONY: microbench
microbench: ## Run the benchmarks of the packages
	go test -run '^$$' -bench . -benchmem ./...

.PHONY: generate
generate: ## Make the generated code from openapi.yaml
	go generate ./...

.PHONY: reference
reference: ## Make docs/reference.html from openapi.yaml (needs npm)
	CI=1 internal/reference/install
	cd internal/reference && go run . node_modules/redoc ../../openapi.yaml ../../docs/reference.html

VENDOR ?= https://api.clarify.ai/swagger-json

.PHONY: drift
drift: ## Compare the vendor's OpenAPI document, VENDOR=file-or-URL, with openapi.yaml
	cd internal/drift && go run . $(if $(findstring ://,$(VENDOR)),'$(VENDOR)','$(abspath $(VENDOR))')

.PHONY: api
api: ## List the public API in api/
	go run ./internal/apilist

.PHONY: apidiff
apidiff: ## Compare the public API with the last release
	@.ci/apidiff

LINTED ?= ./...

.PHONY: lint
lint: ## Check formatting, vet and staticcheck
	@files=$$(git ls-files -co --exclude-standard -- '*.go' | xargs gofmt -l); test -z "$$files" || { echo "gofmt would change:"; echo "$$files"; exit 1; }
	go vet ./...
	go run $(STATICCHECK) $(LINTED)

# Not part of lint: to build it takes two minutes.
.PHONY: golangci
golangci: ## Run the linters of .golangci.yml
	go run $(GOLANGCI) run ./...

.PHONY: vulncheck
vulncheck: ## Look for known vulnerabilities in what the modules use
	@set -e; for dir in ./ $(NESTED); do echo "cd $$dir && govulncheck ./..."; (cd $$dir && go run $(GOVULNCHECK) ./...); done

.PHONY: release
release: ## Check that VERSION=v1.2.3 can be released, and tag it
	@.ci/release '$(VERSION)'

.PHONY: ci
ci: ## Run everything that decides whether a change may land
	.ci/run
