# Everything that a change needs, in five words: setup, demo, test, lint, pins.
# All of it happens inside the checkout: the virtual environment, the caches and the reports.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?=
SEED ?= $(shell date +%s)
BIN := .venv/bin
# Only wheels, and only those whose hash a list names.
PINNED = --quiet --only-binary :all: --require-hashes
INSTALL = $(BIN)/python -m pip install $(PINNED)
INSTALL_INTO = $(BIN)/python -m pip --python $(1)/bin/python install $(PINNED)

# An empty home stays empty: pip keeps no cache, unless its user has chosen a place for one.
ifndef PIP_CACHE_DIR
export PIP_NO_CACHE_DIR ?= 1
endif
export PIP_DISABLE_PIP_VERSION_CHECK = 1
export PIP_ROOT_USER_ACTION = ignore
export PIP_REQUIRE_VIRTUALENV = 1

# A checkout that has moved takes its environment along with wrong paths inside: then it is made again. So it is when the
# Python that it was made with is gone.
MADE_FOR := $(shell $(BIN)/python -c 'import os' 2>/dev/null && sed -n 's/^command = .* -m venv \(--clear \)*//p' .venv/pyvenv.cfg)
ifneq ($(MADE_FOR),$(CURDIR)/.venv)
.PHONY: $(BIN)/python
endif

.PHONY: help setup docs site referees peers demo test proof test-image properties simulate crash faults large bench lint lint-style lint-types lint-layers lint-workflows lint-image format pins build archive release-check clean

help: ## Say what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .venv/.stamp ## Make .venv from the hash-pinned requirements, with the project in it

demo: setup ## Review a made-up pull request, on this machine alone
	@$(BIN)/reviewbot demo

docs: setup ## Make the pictures of docs/pictures anew, from the demo (needs chromium, and a font with emoji)
	$(BIN)/python -m tests.pictures

site: .venv/.site ## Build the documents into site/ (a broken link, or a page that docs/index.md does not list, fails)
	$(BIN)/sphinx-build --quiet --fresh-env --fail-on-warning --keep-going --conf-dir docs --doctree-dir build/doctrees . site
	! grep -rhoE '<(script|link|img|iframe|source|video)[^>]* (src|href)="(https?:)?//[^"]*"' --include='*.html' site

referees: node_modules/.stamp .venv/.referees ## Fetch what the tests judge by where it is there: GitHub's descriptions, readers of the report files

peers: bench/node_modules/.stamp .venv-bench/.stamp ## Fetch the programs that the benchmarks measure beside, each into a place of its own

# REQUIRE=npm,readers,pips,browser,peers,container: what these need must be here; else the tests that need it are skipped, and say so.
test: setup ## Run the tests, and require all branches of reviewbot/domain (ARGS='tests/render -x': a part, without that)
	@$(BIN)/coverage erase
	$(BIN)/python -m pytest -n auto --cov --cov-report= $(if $(REQUIRE),--require-referees=$(REQUIRE)) $(if $(ARGS),$(ARGS),-m 'not proof and not container')
	$(if $(ARGS),,$(BIN)/coverage report --include='reviewbot/domain/*' --fail-under=100)

proof: setup ## Run what proves more and takes longer: crashes, faults, new histories, the largest changes, the browser, the peers, the image
	$(BIN)/python -m pytest -n auto $(if $(REQUIRE),--require-referees=$(REQUIRE)) -m 'proof and not container'
	$(BIN)/python -m tests.simulation --from 1000000 --histories 2500
	$(MAKE) --no-print-directory test-image

test-image: setup ## Run whole reviews inside the image, as GitHub's runner does (ENGINE=docker: not by podman)
	$(BIN)/python -m pytest tests/contract/test_container.py $(if $(ENGINE),--engine=$(ENGINE)) $(if $(REQUIRE),--require-referees=$(REQUIRE))

properties: setup ## Run the property tests with examples that no run had yet, and print how to replay a failure (SEED=1: those of that seed; ARGS=tests/render: a part)
	$(BIN)/python -m pytest -n auto -m hypothesis --hypothesis-seed=$(SEED) $(ARGS)

simulate: setup ## Play random histories with everything in memory, and the planted mistakes (HISTORIES=100000; SEED=1: from that seed on)
	$(BIN)/python -m tests.simulation --from $(SEED) --histories $(or $(HISTORIES),5000) --mutations

crash: setup ## Kill the action at every request of each scenario, and race it a hundred times (WORD=collect: a part)
	$(BIN)/python -m tests.crash $(WORD)

faults: setup ## Play every trouble at every request of a review against the table (WORD='the diff': a part)
	$(BIN)/python -m tests.faults $(WORD)

large: setup ## Play the largest pull requests, and tell what they take (WORD=findings: a part)
	$(BIN)/python -m tests.large $(WORD)

bench: setup peers .venv-pr-agent/.stamp ## Measure, beside the peers, and store the figures (PART='stages waiting': print those alone)
	$(BIN)/python -m bench $(if $(PART),$(PART),--write)

lint: lint-style lint-types lint-layers lint-workflows lint-image site ## Ask every linter (with -k: all of them, whatever the first says)

lint-style: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	if [ -x $(BIN)/shellcheck ]; then $(BIN)/shellcheck .ci/run; fi

lint-types: setup
	$(BIN)/mypy

lint-layers: setup
	$(BIN)/lint-imports

lint-workflows: setup
	$(BIN)/check-jsonschema --builtin-schema vendor.github-actions action.yml local/action.yml no-docker/action.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(BIN)/check-jsonschema --builtin-schema custom.github-workflows-require-timeout .github/workflows/*.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.dependabot .github/dependabot.yml
	PATH="$(CURDIR)/$(BIN):$$PATH" actionlint
	$(BIN)/zizmor --offline --persona pedantic --no-progress .

lint-image: setup
	$(BIN)/hadolint Dockerfile local.Dockerfile

format: setup ## Put the sources into the house's format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# The first list holds all that setup installs; the next three are parts of it, at the same versions, as is what the last shares with it.
PIN = $(BIN)/uv pip compile --quiet --universal --python-version $(or $(1),3.11) --generate-hashes --no-strip-extras \
	--no-emit-index-url --no-emit-find-links --no-header --no-annotate --no-cache $(if $(UPGRADE),--upgrade)
pins: setup ## Pin again what pyproject.toml asks for (UPGRADE=1: at the newest versions)
	$(PIN) --group installer --output-file requirements/installer.txt
	$(PIN) pyproject.toml sandbox/pyproject.toml --all-extras --group build --group pins --group test --group runner --group lint --output-file requirements/dev.txt
	$(PIN) pyproject.toml --constraints requirements/dev.txt --extra local --output-file requirements/action.txt
	$(PIN) pyproject.toml --constraints requirements/dev.txt --output-file requirements/runtime.txt
	$(PIN) --group build --constraints requirements/dev.txt --output-file requirements/build.txt
	$(PIN) --group bench --output-file requirements/bench.txt
	$(call PIN,3.12) --group pr-agent --output-file requirements/pr-agent.txt
	$(PIN) --group referees --no-deps --output-file requirements/referees.txt
	$(PIN) --group docs --constraints requirements/dev.txt --output-file requirements/docs.txt

build: setup ## Build the wheel and the source archive into dist/
	$(BIN)/python -m hatchling build

archive: setup ## Build the archives of the Docker-free action into dist/ (MACHINE=x86_64: one; needs a Python 3.13)
	$(BIN)/python shipping/archive.py dist $(MACHINE)

# Everything of the release workflow but pushing and signing. The archives are built twice, and must be equal.
release-check: build archive ## Do all of a release but pushing: packages, archives, images, pinned actions, notes (VERSION=1.2.3: of that version)
	$(if $(VERSION),$(BIN)/python shipping/release.py check $(VERSION))
	$(BIN)/python shipping/archive.py build/again $(MACHINE)
	for archive in build/again/reviewbot-linux-*; do cmp "$$archive" "dist/$${archive##*/}"; done
	rm -rf build/release && mkdir -p build/release/local build/release/no-docker
	for action in . local no-docker; do cp $$action/action.yml build/release/$$action/; done
	digest=$$(printf '%064d' 0); $(BIN)/python shipping/release.py pin build/release --archives dist \
	  --image "registry.example/owner/reviewbot@sha256:$$digest" --local "registry.example/owner/reviewbot-local@sha256:$$digest" \
	  --address https://github.com/OWNER/reviewbot/releases/download/vX.Y.Z
	$(BIN)/check-jsonschema --builtin-schema vendor.github-actions build/release/action.yml build/release/local/action.yml build/release/no-docker/action.yml
	$(BIN)/python shipping/release.py notes $(or $(VERSION),Unreleased)
	$(MAKE) --no-print-directory test-image

clean: ## Remove what the other targets made
	rm -rf .venv .venv-bench .venv-pr-agent node_modules bench/node_modules dist build site .coverage htmlcov .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# What a link leads to may be another tree's environment, which --clear would empty.
OWN = @[ ! -L $(1) ] || { echo 'make: $(1) is a link, and what it leads to would be emptied; remove the link' >&2; exit 1; }

$(BIN)/python:
	$(call OWN,.venv)
	@python=''; \
	for candidate in $(if $(PYTHON),'$(PYTHON)',python3 python3.13 python3.12 python3.11); do \
	  if "$$candidate" -c 'import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; \
	  then python="$$candidate"; break; fi; \
	done; \
	[ -n "$$python" ] || { echo 'make: Python 3.11, 3.12 or 3.13 with venv is needed, since the pinned packages may not exist for others (Debian: apt install python3-venv). Name one: make PYTHON=/path/to/python3.13' >&2; exit 1; }; \
	"$$python" -m venv --clear .venv

# The pip that a new environment has depends on its Python. It installs only the pinned pip, which installs the rest.
.venv/.stamp: $(BIN)/python requirements/installer.txt requirements/dev.txt pyproject.toml sandbox/pyproject.toml
	$(INSTALL) --requirement requirements/installer.txt
	$(INSTALL) --requirement requirements/dev.txt
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable . --editable sandbox
	@touch $@

# No package's own script is run, so the one program among them is made to be one here.
node_modules/.stamp: package.json package-lock.json
	npm ci --silent
	chmod u+x node_modules/@microsoft/sarif-multitool-*/Sarif.Multitool
	@touch $@

.venv/.referees: .venv/.stamp requirements/referees.txt
	$(INSTALL) --no-deps --requirement requirements/referees.txt
	rm -rf .venv/pips
	for list in tests/project/pips/*.txt; do \
	  $(INSTALL) --target ".venv/pips/$$(basename "$$list" .txt)" --requirement "$$list"; \
	done
	@touch $@

# A peer that cannot be had here is told as such by the benchmarks and the tests.
bench/node_modules/.stamp: bench/package.json bench/package-lock.json
	cd bench && npm ci --silent && touch node_modules/.stamp || echo 'make: danger-js cannot be installed here' >&2

.venv-bench/.stamp: .venv/.stamp requirements/bench.txt
	$(call OWN,.venv-bench)
	$(BIN)/python -m venv --clear --without-pip .venv-bench
	if $(call INSTALL_INTO,.venv-bench) --requirement requirements/bench.txt; \
	then touch $@; else rm -rf .venv-bench; echo 'make: cpp-linter cannot be installed here' >&2; fi

.venv-pr-agent/.stamp: .venv/.stamp requirements/pr-agent.txt
	$(call OWN,.venv-pr-agent)
	rm -rf .venv-pr-agent
	for candidate in python3.12 python3.13 python3; do \
	  if "$$candidate" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 12))' 2>/dev/null; \
	  then "$$candidate" -m venv --without-pip .venv-pr-agent; break; fi; \
	done
	if $(call INSTALL_INTO,.venv-pr-agent) --requirement requirements/pr-agent.txt; \
	then touch $@; else rm -rf .venv-pr-agent; echo 'make: pr-agent cannot be installed here; it needs Python 3.12' >&2; fi

.venv/.site: .venv/.stamp requirements/docs.txt
	$(INSTALL) --requirement requirements/docs.txt
	@touch $@
