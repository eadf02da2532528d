# `make demo` shows the page, `make test` runs every test. Both set up what is missing; a second run does only what is needed.
# The path of this folder must not hold spaces: make cannot.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.SUFFIXES:
.DELETE_ON_ERROR:
.PHONY: help demo site page test soak bench lint schema golden clean
unexport PYTHONPATH
export PIP_DISABLE_PIP_VERSION_CHECK := 1

PORT ?= 8000

python := .venv/bin/python
npm := npm --loglevel=error --prefix webapp

# What is there when a step has been done.
installed := .venv/.installed
packages := webapp/node_modules/.installed
audits := tests/audit/node_modules/.installed
page := converter/zlide/page/index.html
site := .venv/.site

# The page shows the first: the one that ships; the others follow by their names.
first := weights/sentences
trained := $(sort $(patsubst %/model.safetensors,%,$(wildcard weights/*/model.safetensors)))
models := $(strip $(filter $(first),$(trained)) $(filter-out $(first),$(trained)))
checkpoints := $(wildcard $(foreach name,model.safetensors config.json vocabulary.txt axes.npz raw.npz points.safetensors examples.json pictures.png,$(models:%=%/$(name))))

# What each step reads. The tests of the page do not change it, nor does training change what is exported.
page_sources := $(shell find webapp \( -path webapp/node_modules -o -path webapp/bench \) -prune -o -type f ! -name '*.test.ts' ! -name '*.md' -print)
not_exporting := $(addprefix converter/zlide/,cli/% describe/% recipes/% site/serve.py verify/%)
export_sources := $(filter-out $(not_exporting),$(shell find converter/zlide -name '*.py' -o -name portable.txt)) $(checkpoints)

# What the site was made of: where that has changed, a checkpoint is gone, or another site was built in its place by hand.
made_of = $(checkpoints) as $$(cat site/models.json site/models/*/manifest.json 2>/dev/null | cksum)
ifneq ($(shell cat $(site) 2>/dev/null),$(shell echo $(made_of)))
.PHONY: $(site)
endif

help: ## Lists these commands
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1	\2/p' Makefile

demo: $(site) ## Exports the models in weights/ and serves the page
	@.venv/bin/zlide serve site --port $(PORT)

site: $(site) ## The same without serving: the folder site/ is ready for any static server

page: $(page) ## Builds the page alone

test: $(installed) $(packages) $(audits) $(page) ## Runs every test: vitest, pytest, a real browser
	@echo "Testing the page's parts"
	@$(npm) test
	@for engine in firefox webkit; do .ci/browser $$engine >/dev/null || echo "The tests of the page in $$engine are left out: it is neither found nor installed"; done
	@browser="$$(.ci/browser)" && echo "Testing the converter and the page, in $$browser" && ZLIDE_BROWSER="$$browser" $(python) -m pytest

soak: $(installed) ## Runs what takes long: a site that is replaced while builds are interrupted, hundreds of times
	@$(python) -m pytest tests/soak -s

lint: $(installed) $(packages) ## Checks style and types in both languages
	@.venv/bin/ruff check
	@.venv/bin/ruff format --check
	@.venv/bin/mypy
	@$(npm) run lint
	@$(npm) run typecheck

bench: $(installed) $(packages) ## Compares zlide with onnxruntime-web and others on this machine; QUICK=1 is a first look
	@browser="$$(.ci/browser)" && ZLIDE_BROWSER="$$browser" $(python) -m tests.bench $(if $(QUICK),--quick)

schema: $(installed) $(packages) ## Writes the manifest's JSON Schema and the page's types from converter/zlide/bundle/manifest.py
	@$(python) -c 'from zlide.bundle.manifest import schema; print(schema(), end="")' > webapp/manifest.schema.json
	@$(npm) run types

golden: $(installed) ## Writes the tiny bundles in tests/golden
	@$(python) tests/golden/make.py

clean: ## Removes all that these commands made
	@rm -rf .venv webapp/node_modules converter/zlide/page converter/zlide.egg-info site tests/audit/node_modules tests/bench/node_modules tests/bench/page

$(installed): pyproject.toml constraints.txt
	@base="$$(.ci/python)" && echo "Setting up Python packages in .venv (4 GB; the first time takes some minutes, a dot for every five seconds)" && \
	{ $(python) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null || "$$base" -m venv --clear .venv; }
	@{ while sleep 5; do printf .; done; } & trap "kill $$!; echo" EXIT; $(python) -m pip install --quiet --editable '.[test,lint,worlds]' --constraint constraints.txt
	@touch $@

$(packages): webapp/package.json webapp/package-lock.json
	@.ci/node
	@echo "Setting up the page's packages in webapp/node_modules"
	@$(npm) ci --no-audit --no-fund
	@touch $@

$(audits): tests/audit/package.json tests/audit/package-lock.json
	@.ci/node
	@echo "Setting up axe and Lighthouse in tests/audit/node_modules"
	@npm --loglevel=error --prefix tests/audit ci --ignore-scripts --no-audit --no-fund
	@touch $@

$(page): $(packages) $(page_sources)
	@echo "Building the page"
	@$(npm) run build

$(site): $(installed) $(page) $(export_sources)
	@test -n "$(models)" || { echo "weights/: expected a model, found none; train one with \`.venv/bin/zlide train\`" >&2; exit 1; }
	@echo "Exporting $(models)"
	@.venv/bin/zlide build $(models) --output site
	@echo $(made_of) > $@
