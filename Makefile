# `make demo` shows the page, `make check` is the quick test, `make test` the whole one. Each installs what is missing; a second run does
# only what is needed. The path of this folder must not contain spaces: make does not support them.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.SUFFIXES:
.DELETE_ON_ERROR:
.PHONY: help demo dev site page check check-python check-page test onnx-tf soak bench lint lint-python lint-page schema golden clean
unexport PYTHONPATH
export PIP_DISABLE_PIP_VERSION_CHECK := 1

PORT ?= 8000

python := .venv/bin/python
npm := npm --loglevel=error --prefix webapp

# Files that exist when a step is done: what a demo needs, and what tests need beside it.
installed := .venv/.installed
testing := .venv/.testing
packages := webapp/node_modules/.installed
page_testing := webapp/node_modules/.testing
audits := tests/audit/node_modules/.installed
page := converter/zlide/page/index.html
site := .venv/.site
chain := .venv-onnx-tf/.installed

# The chain onnx-tf → TensorFlow has an environment of its own. No other Python than 3.11 runs it.
python311 := $(firstword $(foreach python,python3.11 python3,$(shell $(python) -c 'import ensurepip, sys, venv; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null && echo $(python))))

# The page shows the first model first; the others follow by name.
first := weights/sentences
trained := $(sort $(patsubst %/model.safetensors,%,$(wildcard weights/*/model.safetensors)))
models := $(strip $(filter $(first),$(trained)) $(filter-out $(first),$(trained)))

# Sources of the page. Its tests do not change it.
page_sources := $(shell find webapp \( -path webapp/node_modules -o -path webapp/bench \) -prune -o -type f ! -name '*.test.ts' ! -name '*.md' -print)

# Sources of a bundle: the code that exports, and the files of its checkpoint. A bundle's folder is named after the list of these files,
# so that removing one exports again. Neither training nor the page changes a bundle.
not_exporting := $(addprefix converter/zlide/,cli/% describe/% recipes/% site/% verify/%)
export_sources := $(filter-out $(not_exporting),$(shell find converter/zlide -name '*.py' -o -name portable.json))
checkpoint = $(wildcard $(addprefix weights/$1/,model.safetensors config.json vocabulary.txt axes.npz raw.npz points.safetensors examples.json pictures.png))
bundle = .cache/bundles/$(firstword $(shell echo $(call checkpoint,$1) | cksum))/$1/manifest.json
bundles := $(foreach model,$(notdir $(models)),$(call bundle,$(model)))

# The site is built again if it was made of other bundles, or if another site was built in its place.
made_of = $(bundles) as $$(cat site/models.json site/models/*/manifest.json 2>/dev/null | cksum)
ifneq ($(shell cat $(site) 2>/dev/null),$(shell echo $(made_of)))
.PHONY: $(site)
endif

help: ## List these commands
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1	\2/p' Makefile

demo: $(site) ## Export the models in weights/ and serve the page
	@.venv/bin/zlide serve site --port $(PORT)

dev: $(packages) ## Serve the page hot from its sources, around tests/golden or the site in ZLIDE_SITE
	@$(npm) run dev

site: $(site) ## The same as demo without serving: the folder site/ is ready for any static server

page: $(page) ## Build the page alone

check: $(testing) $(page_testing) ## Check style, types and all that needs neither conversion, a browser nor a built page
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target check-python check-page

check-python: lint-python
	@$(python) -m pytest -m "not (needs_conversion or needs_browser or needs_page or slow)" --numprocesses=2 --dist=loadfile

check-page: lint-page
	@$(npm) test

test: $(testing) $(page_testing) $(audits) $(page) ## Run every test: vitest, pytest, a real browser
	@echo "Testing the page's parts"
	@$(npm) test
	@for engine in firefox webkit; do .ci/browser $$engine >/dev/null || echo "The tests of the page in $$engine are skipped: it is neither found nor installed"; done
	@browser="$$(.ci/browser)" && echo "Testing the converter and the page, in $$browser" && ZLIDE_BROWSER="$$browser" $(python) -m pytest --numprocesses=2 --dist=loadfile
	@$(MAKE) --no-print-directory onnx-tf

onnx-tf: $(if $(python311),$(chain)) ## Compare our converter with the chain onnx-tf → TensorFlow, in .venv-onnx-tf
	@$(if $(python311),echo "Comparing with onnx-tf and TensorFlow" && .venv-onnx-tf/bin/python -m pytest tests/onnx_tf --numprocesses=2 --dist=worksteal,echo "The comparison with onnx-tf and TensorFlow is skipped: it needs Python 3.11 with ensurepip and venv")

soak: $(testing) $(page_testing) $(if $(python311),$(chain)) ## Run what takes long: builds that are interrupted hundreds of times, and a quick bench
	@browser="$$(.ci/browser)" && ZLIDE_BROWSER="$$browser" $(python) -m pytest tests/soak -s

lint: lint-python lint-page ## Check style and types in both languages

lint-python: $(testing)
	@.venv/bin/ruff check
	@.venv/bin/ruff format --check
	@.venv/bin/mypy
	@.venv/bin/mypy --platform win32 --cache-dir .mypy_cache/win32 converter/zlide

lint-page: $(page_testing)
	@$(npm) run lint
	@$(npm) run typecheck

bench: $(testing) $(packages) $(if $(python311),$(chain)) ## Compare zlide with onnxruntime-web and others on this machine; QUICK=1 is a first look
	@browser="$$(.ci/browser)" && ZLIDE_BROWSER="$$browser" $(python) -m tests.bench $(if $(QUICK),--quick)

schema: $(installed) $(page_testing) ## Write the manifest's JSON Schema and the page's types from converter/zlide/bundle/manifest.py
	@$(python) -c 'from zlide.bundle.manifest import schema; print(schema(), end="")' > webapp/manifest.schema.json
	@$(npm) run types

golden: $(installed) ## Write the tiny bundles and the tables in tests/golden
	@for script in tests/golden/*.py; do $(python) "$$script"; done

clean: ## Remove all that these commands made
	@rm -rf .venv .venv-onnx-tf .cache/bundles webapp/node_modules converter/zlide/page converter/zlide.egg-info site tests/audit/node_modules tests/bench/node_modules tests/bench/page tests/bench/.litert

# The Python $1 installs $2 by the constraints $3, with a dot for every five seconds.
comma := ,
define pip_install
	@{ while sleep 5; do printf .; done; } & trap "kill $$!; echo" EXIT; $1 -m pip install --quiet --editable $2 --constraint $3
endef

$(installed): pyproject.toml constraints.txt
	@base="$$(.ci/python)" && echo "Setting up Python packages in .venv (1.3 GB; the first time takes some minutes)" && \
	{ $(python) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' 2>/dev/null || "$$base" -m venv --clear .venv; }
	$(call pip_install,$(python),'.[torch]',constraints.txt)
	@touch $@

$(testing): $(installed)
	@echo "Setting up the Python packages of the tests in .venv"
	$(call pip_install,$(python),'.[torch$(comma)test$(comma)lint$(comma)worlds]',constraints.txt)
	@touch $@

$(chain): pyproject.toml constraints-onnx-tf.txt
	@echo "Setting up onnx-tf and TensorFlow in .venv-onnx-tf (3.5 GB; the first time takes some minutes)" && \
	{ .venv-onnx-tf/bin/python -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null || $(python311) -m venv --clear .venv-onnx-tf; }
	$(call pip_install,.venv-onnx-tf/bin/python,'.[torch$(comma)onnx-tf]' pytest pytest-xdist,constraints-onnx-tf.txt)
	@touch $@

# The tests' packages stay where they are installed.
$(packages): webapp/package.json webapp/package-lock.json
	@.ci/node
	@echo "Setting up the page's packages in webapp/node_modules"
	@$(npm) ci --no-audit --no-fund $$(test -e $(page_testing) || echo --omit=dev)
	@touch $@

$(page_testing): $(packages)
	@echo "Setting up the packages of the page's tests in webapp/node_modules"
	@$(npm) install --no-save --no-audit --no-fund --include=dev
	@touch $@

$(audits): tests/audit/package.json tests/audit/package-lock.json
	@.ci/node
	@echo "Setting up axe and Lighthouse in tests/audit/node_modules"
	@npm --loglevel=error --prefix tests/audit ci --ignore-scripts --no-audit --no-fund
	@touch $@

$(page): $(packages) $(page_sources)
	@echo "Building the page"
	@$(npm) run build

define export_model
$(call bundle,$1): $(installed) $(export_sources) $(call checkpoint,$1)
	@.venv/bin/zlide export weights/$1 --output $$(@D)
	@touch $$@
endef
$(foreach model,$(notdir $(models)),$(eval $(call export_model,$(model))))

$(site): $(installed) $(page) $(bundles)
	@test -n "$(models)" || { echo "weights/: expected a model, found none; train one with \`.venv/bin/zlide train\`" >&2; exit 1; }
	@.venv/bin/zlide build $(patsubst %/,%,$(dir $(bundles))) --output site
	@echo $(made_of) > $@
