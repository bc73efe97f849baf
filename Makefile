# `make` alone lists the targets. Each one sets itself up from nothing in this folder, once.

PORT ?= 8000
# The same bytes from the same commit: the sitemap carries the commit's date, not today's.
SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null || echo 1767225600)
export SOURCE_DATE_EPOCH
export NO_MKDOCS_2_WARNING = 1
PY = .venv/bin/python
HOUSE_TESTS = $(wildcard tests/test_house.py tests/test_style.py)
LOCK = UV_NO_CONFIG=1 .venv/bin/uv pip compile --quiet --upgrade --universal --python-version 3.12 \
  --only-binary :all: --generate-hashes --no-emit-index-url --no-emit-find-links \
  --exclude-newer "7 days" --custom-compile-command "make lock" pyproject.toml

.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help serve site test lint lock bench mutants FORCE

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /\1#/p' $(MAKEFILE_LIST) | awk -F'#' '{printf "  make %-8s%s\n", $$1, $$2}'

serve: .venv/.stamp-book ## build the book and show it, with live reload: make serve PORT=8001
	@sh .ci/setup port "$(PORT)"
	$(PY) -m mkdocs serve --no-strict --dev-addr 127.0.0.1:$(PORT)

# Never -q: it hides the very warnings that --strict counts.
site: .venv/.stamp-book ## build the book into site/; any warning is an error
	$(PY) -m mkdocs build --strict

test: .venv/.stamp-test ## run all tests, the code on the pages included
	$(PY) -m pytest

lint: .venv/.stamp-test ## check style, types, spelling and workflows
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	$(PY) -m mypy --strict scaling_core
	.venv/bin/typos
	.venv/bin/zizmor --quiet --pedantic --offline .github
	$(PY) -m pytest --quiet $(HOUSE_TESTS)

# Releases younger than a week are left alone: most compromised ones are found by then.
lock: .venv/.stamp-test ## resolve the dependencies anew into both requirements files
	$(LOCK) --extra book --output-file requirements.txt
	$(LOCK) --extra book --extra test --constraints requirements.txt --output-file requirements-test.txt

# The peers live in an environment of their own; ARGS="--quick --json bench.json" passes options on.
bench: .venv/.stamp-test ## time the library beside its peers, one table: minutes
	@sh .ci/setup bench
	@python=.cache/bench/bin/python; [ -x $$python ] || python=$(PY); \
	$$python -m tests.bench $(ARGS)

mutants: .venv/.stamp-test ## wrong changes that the tests must see: up to 40 minutes
	OPENBLAS_NUM_THREADS=1 $(PY) -m tests.mutants $(ARGS)

# --- Set-up -------------------------------------------------------------------------------------
# The stamps are written last, so an interrupted set-up is taken up again by the next command.

.venv/.stamp-book: requirements.txt pyproject.toml
	@sh .ci/setup book

.venv/.stamp-test: requirements-test.txt pyproject.toml
	@sh .ci/setup test

# A copied folder, or a Python that has gone, needs its environment again.
ifneq ($(CURDIR),$(shell test -x .venv/bin/python && cat .venv/.folder 2>/dev/null))
.venv/.stamp-book .venv/.stamp-test: FORCE
endif
