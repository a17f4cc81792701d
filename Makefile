# The targets that most changes need: setup, demo, test, lint, pins.
# They write only inside the checkout.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?=
SEED ?= $(shell date +%s)
# Each commit plays other histories, and plays the same ones again in the next run.
COMMIT_SEED = $(shell printf '%d' "0x$$(git rev-parse --short=8 HEAD 2>/dev/null || echo 0)")
BIN := .venv/bin
# Wheels only, with the hashes from requirements/.
PINNED = --quiet --only-binary :all: --require-hashes
INSTALL = $(BIN)/python -m pip install $(PINNED)
INSTALL_INTO = $(BIN)/python -m pip --python $(1)/bin/python install $(PINNED)

# pip writes no cache into the home directory unless the user chose a cache directory.
ifndef PIP_CACHE_DIR
export PIP_NO_CACHE_DIR ?= 1
endif
export PIP_DISABLE_PIP_VERSION_CHECK = 1
export PIP_ROOT_USER_ACTION = ignore
export PIP_REQUIRE_VIRTUALENV = 1
# Without bytecode each of the many processes that tests start compiles everything.
unexport PYTHONDONTWRITEBYTECODE

# Recreate the environment if the checkout moved (its scripts contain absolute paths) or if its Python was removed.
MADE_FOR := $(shell $(BIN)/python -c 'import os' 2>/dev/null && sed -n 's/^command = .* -m venv \(--clear \)*//p' .venv/pyvenv.cfg)
ifneq ($(MADE_FOR),$(CURDIR)/.venv)
.PHONY: $(BIN)/python
endif

.PHONY: announce-setup help setup docs site referees peers demo test proof test-image properties simulate crash faults large bench lint lint-style lint-types lint-layers lint-workflows lint-image format pins build archive release-check clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .venv/.stamp ## Create .venv with the pinned requirements and the project

demo: | announce-setup setup ## Review a sample pull request offline
	@$(BIN)/reviewbot demo

announce-setup:
	@test -e .venv/.stamp || echo 'Installing into .venv, which takes about two minutes'

docs: setup ## Regenerate docs/pictures from the demo (needs chromium and a font with emoji)
	$(BIN)/python -m tests.pictures

site: .venv/.site ## Build the documentation into site/ (fails on broken links and on pages missing from docs/index.md)
	$(BIN)/sphinx-build --quiet --fresh-env --fail-on-warning --keep-going --conf-dir docs --doctree-dir build/doctrees . site
	! grep -rhoE '<(script|link|img|iframe|source|video)[^>]* (src|href)="(https?:)?//[^"]*"' --include='*.html' site

referees: node_modules/.stamp .venv/.referees ## Install what some tests compare with: GitHub's API descriptions and readers of the report files

peers: bench/node_modules/.stamp .venv-bench/.stamp ## Install the programs that the benchmarks compare with

# Each worker keeps to neighbouring tests, which share fixtures.
PYTEST = $(BIN)/python -m pytest -n auto --dist worksteal

# REQUIRE=npm,readers,pips,browser,peers,container: fail, instead of skip, tests whose dependencies are missing.
REQUIRED = $(if $(REQUIRE),--require-referees=$(REQUIRE))
test: setup templates/compiled/.stamp ## Run the fast tests; requires full branch coverage of reviewbot/domain (ARGS='tests/render -x' runs a part, without coverage)
ifdef ARGS
	$(PYTEST) $(REQUIRED) $(ARGS)
else
	@$(BIN)/coverage erase
	$(PYTEST) --cov --cov-report= -m 'measured and not proof' tests/domain
	$(PYTEST) $(REQUIRED) -m 'not measured and not proof and not container'
	$(BIN)/coverage report --include='reviewbot/domain/*' --fail-under=100
endif

proof: setup templates/compiled/.stamp ## Run the slow tests: crashes, faults, more histories, the largest changes, the browser, the peers, the image
	$(PYTEST) $(REQUIRED) -m 'proof and not container'
	$(BIN)/python -m tests.simulation --from $(COMMIT_SEED) --histories 5000
	$(MAKE) --no-print-directory test-image

test-image: setup ## Run whole reviews inside the image, as GitHub's runner does (ENGINE=docker instead of podman)
	$(BIN)/python -m pytest tests/contract/test_container.py $(if $(ENGINE),--engine=$(ENGINE)) $(REQUIRED)

properties: setup ## Run the property tests with new examples and print how to replay a failure (SEED=1 repeats a run; ARGS=tests/render runs a part)
	$(PYTEST) -m hypothesis --hypothesis-seed=$(SEED) $(ARGS)

simulate: setup ## Simulate random histories in memory, then with planted bugs (HISTORIES=100000; SEED=1 sets the first seed)
	$(BIN)/python -m tests.simulation --from $(SEED) --histories $(or $(HISTORIES),5000) --mutations

crash: setup ## Kill the action at every request of each scenario and run races (WORD=collect selects scenarios)
	$(BIN)/python -m tests.crash $(WORD)

faults: setup ## Inject every fault at every request of a review (WORD='the diff' selects requests)
	$(BIN)/python -m tests.faults $(WORD)

large: setup ## Review the largest pull requests and print time and memory (WORD=findings selects cases)
	$(BIN)/python -m tests.large $(WORD)

bench: setup peers .venv-pr-agent/.stamp templates/compiled/.stamp ## Run the benchmarks and store the figures (PART='stages waiting' prints only those)
	$(BIN)/python -m bench $(if $(PART),$(PART),--write)

lint: lint-style lint-types lint-layers lint-workflows lint-image site ## Run all linters (-k continues after a failure)

lint-style: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	if [ -x $(BIN)/shellcheck ]; then $(BIN)/shellcheck .ci/run examples/organization/roll-out.sh; fi

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

format: setup ## Fix and format the sources
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# dev.txt contains everything that setup installs. The other lists are constrained to its versions where they overlap.
PIN = $(BIN)/uv pip compile --quiet --universal --python-version $(or $(1),3.11) --generate-hashes --no-strip-extras \
	--no-emit-index-url --no-emit-find-links --no-header --no-annotate --no-cache $(if $(UPGRADE),--upgrade)
pins: setup ## Update the pinned requirements from pyproject.toml (UPGRADE=1 for the newest versions)
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

archive: setup ## Build the archives of the Docker-free action into dist/ (MACHINE=x86_64 builds one; needs Python 3.13)
	$(BIN)/python shipping/archive.py dist $(MACHINE)

# The release workflow without pushing and signing. The archives are built twice and must be identical.
release-check: build archive ## Rehearse a release: packages, archives, images, pinned actions, notes (VERSION=1.2.3)
	$(if $(VERSION),$(BIN)/python shipping/release.py check $(VERSION))
	$(BIN)/python shipping/archive.py build/again
	for archive in build/again/reviewbot-linux-*; do cmp "$$archive" "dist/$${archive##*/}"; done
	rm -rf build/release && mkdir -p build/release/local build/release/no-docker
	for action in . local no-docker; do cp $$action/action.yml build/release/$$action/; done
	digest=$$(printf '%064d' 0); $(BIN)/python shipping/release.py pin build/release --archives dist \
	  --image "registry.example/owner/reviewbot@sha256:$$digest" --local "registry.example/owner/reviewbot-local@sha256:$$digest" \
	  --address https://github.com/OWNER/reviewbot/releases/download/vX.Y.Z
	$(BIN)/check-jsonschema --builtin-schema vendor.github-actions build/release/action.yml build/release/local/action.yml build/release/no-docker/action.yml
	$(BIN)/python shipping/release.py notes $(or $(VERSION),Unreleased)
	$(MAKE) --no-print-directory test-image

clean: ## Remove everything that the other targets created
	rm -rf templates/compiled .venv .venv-bench .venv-pr-agent node_modules bench/node_modules dist build site .coverage htmlcov .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# `venv --clear` would empty the target of a symbolic link, which may belong to another checkout.
OWN = @[ ! -L $(1) ] || { echo 'make: $(1) is a symbolic link whose target would be emptied; remove the link' >&2; exit 1; }

$(BIN)/python:
	$(call OWN,.venv)
	@python=''; \
	for candidate in $(if $(PYTHON),'$(PYTHON)',python3 python3.13 python3.12 python3.11); do \
	  if "$$candidate" -c 'import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; \
	  then python="$$candidate"; break; fi; \
	done; \
	[ -n "$$python" ] || { echo 'make: no Python 3.11, 3.12 or 3.13 with venv found (Debian: apt install python3-venv). Choose one: make PYTHON=/path/to/python3.13' >&2; exit 1; }; \
	"$$python" -m venv --clear .venv

# The pip version of a new environment depends on its Python, so it installs only the pinned pip, which installs the rest.
.venv/.stamp: $(BIN)/python requirements/installer.txt requirements/dev.txt pyproject.toml sandbox/pyproject.toml
	$(INSTALL) --requirement requirements/installer.txt
	$(INSTALL) --requirement requirements/dev.txt
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable . --editable sandbox
	@touch $@

# Install scripts do not run (.npmrc), so the SARIF tool is made executable here.
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

# As in the image, so that no process compiles them. Outdated ones are not used.
templates/compiled/.stamp: .venv/.stamp $(wildcard templates/*.j2 templates/*/*.j2) reviewbot/render/sandbox.py reviewbot/render/dialects.py
	rm -rf templates/compiled
	$(BIN)/python -I shipping/templates.py
	@touch $@

# The benchmarks and tests report peers that cannot be installed.
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
