# Every target calls what it needs; `make install` puts everything into .venv and nothing elsewhere.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/installed
# The shared library that the embedded mongod needs and that is not in every system.
NEEDS_CURL := $(PYTHON) -c 'import ctypes.util, sys; sys.exit(ctypes.util.find_library("curl") is not None)'

.PHONY: help install system system-nginx system-tests demo test fuzz torture bench pairs check docs format clean

help:
	@echo 'make demo      crawl the bundled sample site into an embedded store and export it'
	@echo 'make test      run the tests'
	@echo 'make fuzz      try 100,000 examples and more of what must hold for any input (long)'
	@echo 'make torture   kill crawls and servers at random moments, mix in poison (long)'
	@echo 'make bench     compare crawls, exports and more with what people write, in one run (long)'
	@echo 'make pairs     how well duplicates are told: precision and recall on labelled pairs'
	@echo 'make check     lint, format, types, import rules'
	@echo 'make install   put everything into .venv'
	@echo 'make system    install libcurl4 if it is missing (apt-get, as root)'
	@echo 'make system-nginx   install nginx-light, which serves the sites of benchmarks, if it is missing'
	@echo 'make system-tests   these, and systemd and chromium, which some tests use, if they are missing'
	@echo 'make docs      write the generated pages of docs/ anew'
	@echo 'make format    write the code in the one format'
	@echo 'make clean     remove .venv and caches; stored data (.data) stays'

install: $(STAMP)

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "finews needs Python 3.11 or newer, this is " + sys.version.split()[0] + "; say make PYTHON=python3.12 …")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

system:
	@if $(NEEDS_CURL); then \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			echo 'installing libcurl4, which the embedded mongod needs'; \
			apt-get -qq update && apt-get -qq install -y libcurl4; \
		else \
			echo 'libcurl4 is missing, which the embedded mongod needs: as root, apt-get install libcurl4' >&2; \
			exit 2; \
		fi; \
	fi

system-nginx:
	@if ! PATH="$$PATH:/usr/sbin" command -v nginx >/dev/null; then \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			echo 'installing nginx-light, which serves the sites of benchmarks on loopback'; \
			apt-get -qq update && apt-get -qq install -y --no-install-recommends nginx-light; \
		else \
			echo 'nginx is missing: crawls are not compared' >&2; \
		fi; \
	fi

system-tests: system system-nginx
	@if ! command -v systemd-analyze >/dev/null; then \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			echo 'installing systemd, whose systemd-analyze a test of the service unit uses'; \
			apt-get -qq update && apt-get -qq install -y --no-install-recommends systemd; \
		else \
			echo 'systemd-analyze is missing: the test of the service unit is left out' >&2; \
		fi; \
	fi
	@if ! command -v chromium >/dev/null && ! command -v google-chrome >/dev/null; then \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			echo 'installing chromium, in which tests look at pages'; \
			apt-get -qq update && apt-get -qq install -y --no-install-recommends chromium; \
		else \
			echo 'chromium is missing: the tests that look at pages are left out' >&2; \
		fi; \
	fi

demo: install system
	@$(BIN)/finews demo

test: install system-tests
	$(BIN)/python -m pytest -n 3 --dist worksteal

fuzz: install system
	$(BIN)/python -m pytest -n 2 --dist worksteal -m hypothesis --hypothesis-profile=fuzz

torture: install system
	TORTURE_ROUNDS=20 TORTURE_ARTICLES=10000 $(BIN)/python -m pytest -m torture

bench: install system system-nginx
	$(BIN)/python -m bench

pairs: install
	$(BIN)/python -m bench.pairs

check: install
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

docs: install
	$(BIN)/python -m crawler.dictionary docs

format: install
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

clean:
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis *.egg-info
