# make alone lists the targets.

STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.7.0
FUZZTIME   ?= 3000x

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: quickstart
quickstart: ## Run the example, against a sandbox of its own
	go run ./examples/quickstart

.PHONY: sandbox
sandbox: ## Serve a Clarify to try things on
	go run ./cmd/clarify-sandbox

.PHONY: test
test: ## Run the tests
	go test -shuffle=on ./...

.PHONY: test32
test32: ## Run the tests with integers of 32 bits (needs Linux on amd64)
	GOARCH=386 CGO_ENABLED=0 go test ./...

.PHONY: race
race: ## Run the tests with the race detector (needs a C compiler)
	go test -race -shuffle=on ./...

.PHONY: nested
nested: ## Run the tests of the nested modules
	@set -e; for mod in $$(git ls-files -- '*/go.mod'); do \
		dir=$$(dirname $$mod); echo "cd $$dir && go test ./..."; (cd $$dir && go mod tidy -diff && go vet ./... && go test -shuffle=on ./...); \
	done

.PHONY: foreign
foreign: ## Drive clarify-sandbox with curl and a client from the npm registry
	internal/foreign/install
	cd internal/foreign && go test -count=1 ./...

.PHONY: soak
soak: ## Kill the examples a hundred times each, and keep the books of 100,000 operations
	IMPORT_CSV_KILLS=100 EXPORT_NDJSON_KILLS=100 MEETING_SYNC_KILLS=100 go test -count=1 -run Killed ./examples/...
	cd internal/books && BOOKS=100000 go test -count=1 -timeout 2h ./...

.PHONY: fuzz
fuzz: ## Fuzz each target for FUZZTIME, such as 3000x or 1m
	@set -e; for pkg in $$(go list ./...); do \
		for target in $$(go test -list '^Fuzz' $$pkg | grep '^Fuzz' || true); do \
			go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 100x $$pkg; \
		done; \
	done

.PHONY: bench
bench: ## Run the benchmarks against their peers, in about seven minutes; fails if one is too slow
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

.PHONY: lint
lint: ## Check formatting, vet and staticcheck
	@files=$$(git ls-files -co --exclude-standard -- '*.go' | xargs gofmt -l); test -z "$$files" || { echo "gofmt would change:"; echo "$$files"; exit 1; }
	go vet ./...
	go run $(STATICCHECK) ./...

.PHONY: ci
ci: ## Run everything that decides whether a change may land
	.ci/run
