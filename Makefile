# Everything a person types, from a fresh clone. `make help` lists it.
PY ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUN_READY := $(VENV)/.run-ready
DEMO_READY := $(VENV)/.demo-ready
DEV_READY := $(VENV)/.dev-ready
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
TEMPLATES := templates nimbus/sandbox/templates

.DEFAULT_GOAL := help
.PHONY: help run demo worker scheduler test test-servers check types templates soak bench claims

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/^([a-z-]+):.*## /make \1|/' | awk -F'|' '{printf "%-20s %s\n", $$1, $$2}'

run: $(RUN_READY) ## start NimbusOS on http://127.0.0.1:8000 (Ctrl-C stops it)
	@$(BIN)/python -m nimbus.run

demo: $(DEMO_READY) ## NimbusOS in a practice world with 60 mailboxes, on fresh data (Ctrl-C stops it)
	@$(BIN)/python -m nimbus.run.demo

worker: $(RUN_READY) ## one more worker for all queues, beside a running NimbusOS
	@$(BIN)/python -m jobs.worker interactive,send,sync,maintenance

scheduler: $(RUN_READY) ## the scheduler alone, where it was stopped
	@$(BIN)/python -m jobs.schedule

# In a fresh clone one process compiles the tests before four would each do it for themselves.
test: export PYTHONDONTWRITEBYTECODE :=
test: $(DEV_READY) ## all tests; SERVERS=skip leaves the real servers alone
	@test "$(SERVERS)" = skip || scripts/install-test-servers
	@test -d tests/__pycache__ || $(BIN)/python -m pytest --collect-only -qq >/dev/null 2>&1 || true
	$(BIN)/python -m pytest -n 4 --dist loadfile

test-servers: ## install the mail, DNS and database servers and the browser that some tests use
	@scripts/install-test-servers

check: $(DEV_READY) ## format and lint, then types and templates beside the tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(MAKE) --jobs 2 types templates test

types: $(DEV_READY) ## what mypy says
	$(BIN)/mypy

templates: $(DEV_READY) ## what djlint says
	$(BIN)/djlint $(TEMPLATES) --check --quiet
	$(BIN)/djlint $(TEMPLATES) --lint --quiet

soak: $(DEV_READY) ## the long fault and load runs
	$(BIN)/python -m pytest tests/soak -s

bench: $(DEV_READY) ## a line for each figure; ONLY=name measures one
	@$(BIN)/python -m tests.bench $(ONLY)

claims: $(DEV_READY) ## which claims of the specification are proved, and by which test
	@$(BIN)/python -m pytest -m claim --claims

$(BIN)/python:
	@$(PY) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "NimbusOS needs Python 3.11 or later; name one with: make PY=python3.11 …"; exit 1; }
	@$(PY) -m venv $(VENV) \
		|| { rm -rf $(VENV); echo "Python's venv module is missing; on Debian: apt-get install python3-venv"; exit 1; }

$(RUN_READY): requirements.txt | $(BIN)/python
	@echo "Installing what NimbusOS runs on …"
	@$(PIP) -r requirements.txt
	@touch $@

$(DEMO_READY): requirements-demo.txt $(RUN_READY)
	@echo "Installing what the practice world needs …"
	@$(PIP) -r requirements-demo.txt
	@touch $@

$(DEV_READY): requirements-dev.txt requirements-demo.txt $(RUN_READY)
	@echo "Installing what the tests need …"
	@$(PIP) -r requirements-dev.txt
	@touch $@
