# Every command works from a bare checkout with python3, its venv module and make.
# `make run` reads GATEWAY_PORT, STATE_DIR, ADMIN_USERNAME, ADMIN_PASSWORD and PUBLIC_ORIGINS.
PYTHON ?= python3
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help run demo secrets clean test test-contract test-client test-console test- \
	faults test-rolling test-compose rolling-compose test-cluster prove-guards \
	format check audit check-k8s bench bench-scale documents definitions lock \
	screenshots

help: ## Show this list
	@awk -F':.*## ' '/^##@ / { printf "\n%s\n", substr($$0, 5) } /^[a-z0-9-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' Makefile

##@ Run

run: ## Run the whole system until Ctrl-C (GATEWAY_PORT=8080 STATE_DIR=.local)
	@exec $(PYTHON) local/bootstrap.py run

demo: ## Call the seven APIs of the running system; print request and answer
	@exec $(PYTHON) local/bootstrap.py demo

secrets: ## Create the secret files that docker-compose.yml reads
	@exec $(PYTHON) local/bootstrap.py secrets

clean: ## Remove the virtual environment and caches; stored data stays
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -not -path './.local/*' -prune -exec rm -rf {} +

##@ Test

test: ## Run all tests; ARGS goes to pytest: make test ARGS='-k name'
	@exec $(PYTHON) local/bootstrap.py test $(ARGS)

test-contract: ## Send more generated requests against the OpenAPI documents: MAX_EXAMPLES=200 SEED=7
	@exec $(PYTHON) local/bootstrap.py test tests_e2e/contract $(ARGS)

test-client: ## Generate a TypeScript client from the documents and use it (needs npm)
	@exec $(PYTHON) local/bootstrap.py test-client

test-console: ## Drive the console in a real Chromium (needs Debian's chromium)
	@exec $(PYTHON) local/bootstrap.py test tests_e2e/console $(ARGS)

test-faults: ## Kill processes at random under load, then check the books: KILLS=120 SEED=7
	@exec $(PYTHON) local/bootstrap.py test-faults

test-rolling: ## Restart each service under load; no request may fail: RESTARTS=5
	@exec $(PYTHON) local/bootstrap.py test-rolling

test-compose: ## Test the system that docker compose runs; its data stays
	@exec $(PYTHON) local/bootstrap.py test-compose $(ARGS)

rolling-compose: ## Replace each service's containers under load; no request may fail
	@exec $(PYTHON) local/bootstrap.py rolling-compose

test-cluster: ## Test the local overlay on the cluster of kubectl: KUBECTL=PATH ONLY=loss
	@exec $(PYTHON) local/bootstrap.py test-cluster

prove-guards: ## Remove each guard in turn and expect a test to fail: ARGS='-k name'
	@exec $(PYTHON) local/bootstrap.py prove-guards $(ARGS)

##@ Check

format: ## Repair and format the code
	@exec $(PYTHON) local/bootstrap.py format

check: ## Run linters, type checks, import rules and Django's own checks
	@exec $(PYTHON) local/bootstrap.py check

audit: ## Look for known vulnerabilities of packages and for suspicious code
	@exec $(PYTHON) local/bootstrap.py audit

check-k8s: ## Render, validate and test the Kubernetes manifests (needs kubectl)
	@exec $(PYTHON) local/bootstrap.py check-k8s $(ARGS)

##@ Measure

bench: ## Compare the system with its floor: ROUNDS=15 SECONDS=2 ONLY=use
	@folder=$$(mktemp -d) && chmod 777 "$$folder" && status=0; \
		BENCH_RESULTS="$$folder" $(PYTHON) local/bootstrap.py bench || status=$$?; \
		for file in "$$folder"/*; do \
			if [ -f "$$file" ]; then mkdir -p docs/performance && cp "$$file" docs/performance/; fi; \
		done; \
		rm -r "$$folder"; exit $$status

bench-scale: ## Measure a large system: SIZES=10000,1000000 or SIZE=10000000, ONLY=one-user
	@folder=$$(mktemp -d) && chmod 777 "$$folder" && status=0; \
		BENCH_RESULTS="$$folder" $(PYTHON) local/bootstrap.py bench-scale || status=$$?; \
		if [ -e "$$folder/scale.json" ]; then \
			mkdir -p docs/performance && rm -rf docs/performance/plans && \
			cp -R "$$folder"/. docs/performance/ && chmod -R u+rw,go+r docs/performance; \
		fi; rm -r "$$folder"; exit $$status

##@ Ship

documents: ## Write docs/openapi from the code
	@exec $(PYTHON) local/bootstrap.py documents

definitions: ## Write the definitions that verify_ledger compares the database with
	@folder=$$(mktemp -d) && chmod 777 "$$folder" && \
		$(PYTHON) local/bootstrap.py definitions "$$folder/definitions.json" && \
		cp "$$folder/definitions.json" promo_service/promos/verification/ && \
		rm -r "$$folder"

lock: ## Write the locked requirements (needs uv)
	@for name in requirements requirements-local requirements-dev; do \
		uv pip compile --quiet --universal --generate-hashes --no-header \
			--python-version 3.11 $$name.in --output-file $$name.txt || exit 1; \
	done

screenshots: ## Take the pictures of docs/console (needs Debian's chromium)
	@mkdir -p docs/console && folder=$$(mktemp -d) && chmod 777 "$$folder" && \
		CONSOLE_PICTURES="$$folder" $(PYTHON) local/bootstrap.py test tests_e2e/console/test_pages.py tests_e2e/console/test_places.py -k accessible $(ARGS) && \
		cp "$$folder"/*.png docs/console/ && rm -r "$$folder"
