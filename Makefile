# `make` or `make help` lists the targets. Each installs what it needs first; that takes a moment once.
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
JOBS ?= $(shell nproc)
PYTEST = .venv/bin/python -m pytest -n $(JOBS) --dist loadgroup $(ARGS)
SETUP = @deploy/setup/setup.sh
# Each of the many processes that start here would compile our sources again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z][a-z0-9-]*:.*## ' Makefile | awk -F ':.*## ' '{printf "  make %-15s %s\n", $$1, $$2}'

.PHONY: demo
demo: ## run a job of every domain side by side and show what came of them
	$(SETUP) runtime
	@.venv/bin/warren demo

.PHONY: up
up: ## run the whole system on this machine until Ctrl-C
	$(SETUP) runtime
	@.venv/bin/warren up

.PHONY: setup
setup: ## only install what everything below and above needs
	$(SETUP) dev

.PHONY: check
check: ## lint, format, types, layers
	$(SETUP) dev --without-servers
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/python deploy/checks/over_services.py types
	.venv/bin/python deploy/checks/over_services.py layers

.PHONY: test-fast
test-fast: ## tests that need no server (under a minute)
	$(SETUP) dev --without-servers
	@# Now and then they wait: two processes more than there are cores have something to do meanwhile.
	$(PYTEST) -n $$(($(JOBS) + 2)) tests/unit tests/contracts

.PHONY: test
test: ## all tests; ARGS="-k name" narrows them down
	$(SETUP) dev
	$(PYTEST)

.PHONY: test-rabbitmq4
test-rabbitmq4: ## the tests that talk to a broker, on RabbitMQ 4 (needs root)
	$(SETUP) dev
	deploy/setup/rabbitmq4.sh run .venv/bin/python -m pytest -m rabbitmq $(ARGS)

.PHONY: test-torch
test-torch: ## the paths that need torch, which it installs once (5 GB)
	$(SETUP) dev --without-servers
	deploy/setup/torch.sh -m pytest tests/torch $(ARGS)

.PHONY: fuzz
fuzz: ## ask the API by chance for minutes, in good and bad ways; CASES=100 SEED=7
	$(SETUP) dev
	WARREN_FUZZ_CASES=$(or $(CASES),100) WARREN_FUZZ_SEED=$(or $(SEED),$$(date +%s)) .venv/bin/python -m pytest \
	    tests/integration/gateway/whole_api/test_fuzzing.py --timeout 900 $(ARGS)

.PHONY: chaos
chaos: ## kill, freeze and cut everything under load, then check every promise; SEED=7 MINUTES=5
	$(SETUP) dev
	.venv/bin/python -m tests.chaos $(if $(SEED),--seed $(SEED)) --minutes $(or $(MINUTES),5) $(ARGS)

.PHONY: soak
soak: ## a steady load for hours: does anything grow? HOURS=0.05 (writes .warren/soak/soak.html)
	$(SETUP) dev
	.venv/bin/python -m tests.chaos.soak --hours $(or $(HOURS),8) $(ARGS)

.PHONY: bench
bench: ## measure throughput and latency (minutes; writes docs/benchmarks/jobs.md)
	$(SETUP) dev
	.venv/bin/python -m bench $(ARGS)

.PHONY: lock
lock: ## renew requirements/*.txt from the members' pyproject.toml files
	$(SETUP) dev --without-servers
	.venv/bin/python -m venv .warren/lock
	.warren/lock/bin/pip install --quiet pip-tools
	.warren/lock/bin/python deploy/setup/lock.py

.PHONY: clean
clean: ## stop what is left over and delete .warren (all local state)
	@if [ -x .venv/bin/warren ]; then .venv/bin/warren clean; else rm -rf .warren; fi
