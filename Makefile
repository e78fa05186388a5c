# Everything here works from a bare checkout with python3, its venv module and make.
# GATEWAY_PORT, STATE_DIR, ADMIN_USERNAME, ADMIN_PASSWORD and PUBLIC_ORIGINS are read by `make run`.
PYTHON ?= python3
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help run demo test test-contract test-client check audit format documents definitions lock clean check-k8s test-console screenshots secrets test-compose test-rolling rolling-compose test-cluster prove-guards test-faults bench bench-scale

help: ## Show what can be done here
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{ printf "%-21s %s\n", $$1, $$2 }'

run: ## Run the whole system until Ctrl-C (GATEWAY_PORT=8080 STATE_DIR=.local)
	@exec $(PYTHON) local/bootstrap.py run

demo: ## Show the seven APIs, request and answer, on the running system
	@exec $(PYTHON) local/bootstrap.py demo

test: ## Run all tests; arguments for pytest: make test ARGS='-k name'
	@exec $(PYTHON) local/bootstrap.py test $(ARGS)

test-contract: ## Try the OpenAPI documents with more requests: MAX_EXAMPLES=200 SEED=7
	@exec $(PYTHON) local/bootstrap.py test tests_e2e/contract $(ARGS)

test-client: ## Generate a TypeScript client from the documents and use it (needs npm)
	@exec $(PYTHON) local/bootstrap.py test-client

test-console: ## Drive the console in a real Chromium (needs Debian's chromium)
	@exec $(PYTHON) local/bootstrap.py test tests_e2e/console $(ARGS)

screenshots: ## Take the pictures of docs/console anew (needs Debian's chromium)
	@mkdir -p docs/console && folder=$$(mktemp -d) && chmod 777 "$$folder" && \
		CONSOLE_PICTURES="$$folder" $(PYTHON) local/bootstrap.py test tests_e2e/console/test_pages.py tests_e2e/console/test_places.py -k accessible $(ARGS) && \
		cp "$$folder"/*.png docs/console/ && rm -r "$$folder"

secrets: ## Make the files that docker-compose.yml takes its secrets from
	@exec $(PYTHON) local/bootstrap.py secrets

test-compose: ## Test the system that docker compose runs; it leaves its data there
	@exec $(PYTHON) local/bootstrap.py test-compose $(ARGS)

test-rolling: ## Restart each service 5 times under load, and lose no request: RESTARTS=5
	@exec $(PYTHON) local/bootstrap.py test-rolling

rolling-compose: ## The same with containers: a second one up, the first drained
	@exec $(PYTHON) local/bootstrap.py rolling-compose

test-cluster: ## Try the local overlay on the cluster of kubectl: KUBECTL=PATH ONLY=loss
	@exec $(PYTHON) local/bootstrap.py test-cluster

prove-guards: ## Remove each guard in turn, and see a test fail: ARGS='-k name'
	@exec $(PYTHON) local/bootstrap.py prove-guards $(ARGS)

test-faults: ## Kill whatever runs at random, and lose nothing: KILLS=120 SEED=7
	@exec $(PYTHON) local/bootstrap.py test-faults

bench: ## Measure the system against its floor: ROUNDS=15 SECONDS=2 ONLY=use
	@folder=$$(mktemp -d) && chmod 777 "$$folder" && status=0; \
		BENCH_RESULTS="$$folder" $(PYTHON) local/bootstrap.py bench || status=$$?; \
		for file in "$$folder"/*; do \
			if [ -f "$$file" ]; then mkdir -p docs/performance && cp "$$file" docs/performance/; fi; \
		done; \
		rm -r "$$folder"; exit $$status

bench-scale: ## Measure the system when it is large: SIZES=10000,1000000 or SIZE=10000000, ONLY=one-user
	@folder=$$(mktemp -d) && chmod 777 "$$folder" && status=0; \
		BENCH_RESULTS="$$folder" $(PYTHON) local/bootstrap.py bench-scale || status=$$?; \
		if [ -e "$$folder/scale.json" ]; then \
			mkdir -p docs/performance && rm -rf docs/performance/plans && \
			cp -R "$$folder"/. docs/performance/ && chmod -R u+rw,go+r docs/performance; \
		fi; rm -r "$$folder"; exit $$status

check: ## Run linters, type checks, import rules and Django's own checks
	@exec $(PYTHON) local/bootstrap.py check

audit: ## Look for known holes of the packages (asks PyPI) and suspicious code
	@exec $(PYTHON) local/bootstrap.py audit

check-k8s: ## Render, validate and test the manifests of Kubernetes (needs kubectl)
	@exec $(PYTHON) local/bootstrap.py check-k8s $(ARGS)

format: ## Repair and format the code
	@exec $(PYTHON) local/bootstrap.py format

documents: ## Write docs/openapi anew from the code
	@exec $(PYTHON) local/bootstrap.py documents

definitions: ## Write anew what verify_ledger compares the database with
	@folder=$$(mktemp -d) && chmod 777 "$$folder" && \
		$(PYTHON) local/bootstrap.py definitions "$$folder/definitions.json" && \
		cp "$$folder/definitions.json" promo_service/promos/verification/ && \
		rm -r "$$folder"

lock: ## Write the locked requirements anew (needs uv)
	@for name in requirements requirements-local requirements-dev; do \
		uv pip compile --quiet --universal --generate-hashes --no-header \
			--python-version 3.11 $$name.in --output-file $$name.txt || exit 1; \
	done

clean: ## Remove the virtual environment and caches, not what the system has stored
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -not -path './.local/*' -prune -exec rm -rf {} +
