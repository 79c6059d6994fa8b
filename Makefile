# ClaimCall. "make help" lists what there is; "make test" is all that CI does.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:

# The same release on every machine; go run keeps the built tool in its cache.
STATICCHECK := go run honnef.co/go/tools/cmd/staticcheck@v0.8.2
FUZZTIME    ?= 3s
CHAOS       ?= 10m
SOAK        ?= 1h

GO_FILES  = $(shell find . -name '*.go' -not -path '*/node_modules/*')
WEB_TESTS = $(shell find web/test -name '*.test.js' -not -path '*/node_modules/*' | sort)
NPM       := web/test/node_modules/.package-lock.json

.PHONY: help build run generate miniprogram test tools format lint types test-web test-go test-fuzz fuzz chaos soak bench bench-go bench-media clean

help: ## list the targets
	@sed -nE 's/^([a-z-]+):.*## (.*)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 14

build: ## build bin/claimcall, without cgo
	CGO_ENABLED=0 go build -trimpath -o bin/claimcall ./cmd/claimcall

run: ## serve --dev on http://127.0.0.1:8080
	go run ./cmd/claimcall serve --dev

generate: ## rewrite generated files, such as protocol/types.d.ts
	go generate ./...

miniprogram: ## make web/miniprogram ready for WeChat's developer tools
	@node web/miniprogram/prepare.mjs

test: tools format lint types test-web test-go test-fuzz ## install what is missing, then check everything
	@echo
	@echo "make test: everything passed (format, vet, staticcheck, types, web tests, go test -race, fuzz $(FUZZTIME) each)"

tools: ## install what the tests need (Debian and Ubuntu)
	@.ci/install.sh

format: ## fail if gofmt would change a file
	@echo "== format"
	@unformatted=$$(gofmt -l $(GO_FILES)); test -z "$$unformatted" || { echo "gofmt -w these:"; echo "$$unformatted"; exit 1; }

lint: ## go vet and staticcheck
	@echo "== vet"
	@go vet ./...
	@echo "== staticcheck"
	@$(STATICCHECK) ./...

types: $(NPM) ## check the types of the pages and the SDK
	@echo "== types"
	@web/test/node_modules/.bin/tsc -p web/test

test-web: $(NPM) ## test the pages and the SDK
	@echo "== web tests"
	@test -n "$(WEB_TESTS)" || { echo "no web/test/**/*.test.js"; exit 1; }
	@mkdir -p bin
	@node --test --test-reporter=spec $(WEB_TESTS) </dev/null | tee bin/test-web.log
	@test "$${CI:-}" != true || grep -q 'skipped 0$$' bin/test-web.log || { echo "CI=true, and a web test was skipped"; exit 1; }

test-go: ## go test with the race detector; nothing from the cache
	@echo "== go test"
	@go test -race -count=1 -timeout 30m ./...

test-fuzz: ## fuzz each target for FUZZTIME
	@echo "== fuzz"
	@.ci/fuzz.sh $(FUZZTIME)

fuzz: ## fuzz each target for a minute
	@.ci/fuzz.sh 1m

chaos: ## break nodes, Redis and the network at random for CHAOS (10m) while people call each other
	go test -race -count=1 -v -timeout 60m ./internal/faulttest -chaos $(CHAOS)

soak: ## hold one call through the relay for SOAK (1h): memory flat, sound and picture together
	go test -count=1 -v -timeout 3h -run '^TestSoak$$' ./internal/mediabench -soak $(SOAK)

bench: build ## measure this machine: sockets, sign-ins, calls, storms, queues, beside bare servers; under ten minutes
	bin/claimcall bench all --markdown bin/bench.md
	bin/claimcall bench calls --nodes 2 --markdown bin/bench-nodes.md
	@echo "The tables for documents are bin/bench.md and bin/bench-nodes.md."

bench-go: ## run the Go benchmarks
	go test -run '^$$' -bench . -benchmem ./...

bench-media: ## measure glass to glass, the first picture and the cost of calls; some minutes
	go test -count=1 -v -timeout 15m -run '^TestFigures$$' ./internal/mediabench -figures

clean: ## remove what make made
	rm -rf bin web/test/node_modules

$(NPM): web/test/package.json web/test/package-lock.json
	@echo "== npm ci"
	@cd web/test && npm ci --ignore-scripts --no-fund --no-audit </dev/null
	@touch $@
