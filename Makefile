# Every target makes the environment it needs; the only requirements are make and Python 3.11-3.13.
# Another interpreter: make test PYTHON=/path/to/python

SHELL := /bin/sh
PYTHONS := python3.13 python3.12 python3.11 python3
BIN := .venv/bin
OLDEST := .venv-oldest/bin
PEERS := .venv-peers/bin
INTEGRATIONS := .venv-integrations/bin
SCALE := .venv-scale/bin
NPM := docs/_build/npm
# Two processes of one thread each, half of the files each; who is done first takes over some.
# PYTEST_FLAGS= for one.
PYTEST_FLAGS ?= -n 2 --dist worksteal

.DEFAULT_GOAL := help
.PHONY: help demo test test-slow test-kernels test-peers test-integrations test-scale soak test-docs \
	test-oldest coverage check format bench bench-quick figures docs release-check release-tag clean

help:  ## show this list
	@grep -E '^[a-z-]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | expand -t 19

demo: .venv/ready  ## compare a network with four other models on real data
	$(BIN)/skdense compare breast_cancer --out comparison

test: .venv/ready  ## run the tests
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest $(PYTEST_FLAGS)

test-slow: .venv/ready  ## run the long tests
	$(BIN)/python -m pytest -m slow $(PYTEST_FLAGS)

test-kernels: .venv/ready  ## predict on every kernel of the linear algebra (x86, Linux)
	$(BIN)/python -m pytest -m kernels tests/engine/test_kernels.py

test-peers: .venv-peers/ready  ## run the newest scikit-learn's checks at many settings
	$(PEERS)/python -m pytest tests/peers $(PYTEST_FLAGS)

test-integrations: .venv-integrations/ready  ## run the pages of docs/integrations with their packages
	$(INTEGRATIONS)/python -m pytest tests/integrations

# What hangs is ended after four minutes, with the stacks of all threads.
test-scale: .venv-scale/ready  ## search with Dask, Ray and Optuna while workers are killed
	$(SCALE)/python -m pytest tests/scale --durations=0 \
		-o faulthandler_timeout=240 -o faulthandler_exit_on_timeout=true

soak: .venv-scale/ready  ## the same with many more kills and half an hour of soak (some hours)
	SKDENSE_KILLS=100 SKDENSE_ENGINE_KILLS=20 SKDENSE_SOAK_MINUTES=30 SKDENSE_MUTATIONS=10000 \
		$(SCALE)/python -m pytest tests/scale tests/persistence/test_mutations.py --durations=0

coverage: .venv/ready  ## run the tests and tell which lines they miss; fails below 95 %
	$(BIN)/python -m pytest $(PYTEST_FLAGS) --cov

test-oldest: .venv-oldest/ready  ## run the tests on the oldest versions that pyproject.toml admits
	$(OLDEST)/python -m pytest $(PYTEST_FLAGS)

check: .venv/ready  ## lint, formatting, types, spelling
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/codespell

format: .venv/ready  ## mend what `make check` finds, where a tool can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: .venv/ready-bench  ## time skdense beside its peers, every row (within half an hour)
	$(BIN)/python benchmarks/all.py

bench-quick: .venv/ready-bench  ## its main rows without scikeras (within 6 minutes)
	$(BIN)/python benchmarks/all.py --quick

figures: .venv/ready  ## draw the pictures of the documentation
	$(BIN)/python docs/figures.py

docs: .venv/ready-docs  ## build the documentation with its gallery: docs/_build/html/index.html
	$(BIN)/python -m sphinx --fail-on-warning --keep-going --quiet docs docs/_build/html
	@$(MAKE) --no-print-directory $(NPM)/ready || echo "No npm, or it failed: no digits to draw."
	$(BIN)/python docs/browser.py docs/_build/html $(NPM)

test-docs: docs  ## open the built page "In the browser" in Chromium (needs npm and Chromium)
	$(BIN)/python -m pytest tests/browser

release-check: .venv/ready-release  ## build the release, install it elsewhere and try it there
	$(BIN)/python .ci/release_check.py

release-tag:  ## TAG=v1.2.3: compare a tag with version, changelog and addresses (Python 3.11 alone)
	python3 .ci/release_tag.py "$(TAG)"

clean:  ## remove the environments and everything made by tools
	rm -rf .venv .venv-oldest .venv-peers .venv-integrations .venv-scale dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage .coverage.* comparison docs/_build docs/auto_gallery
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# An environment is ready when its stamp is younger than pyproject.toml. The first line leaves the
# environment alone where it works and only has to catch up with a new pyproject.toml.
.venv/ready: pyproject.toml
	@test -e $@ && $(BIN)/python -c '' || .ci/make-venv .venv "$(PYTHON)" $(PYTHONS)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

# skorch and PyTorch, which nothing but the benchmarks needs.
.venv/ready-bench: .venv/ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,bench]'
	@touch $@

# Sphinx and its extensions, which nothing but the documentation needs.
.venv/ready-docs: .venv/ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,docs]'
	@touch $@

# build and twine, which nothing but a release needs.
.venv/ready-release: .venv/ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,release]'
	@touch $@

.venv-oldest/ready: pyproject.toml .ci/oldest.py
	@test -e $@ && $(OLDEST)/python -c '' \
		|| .ci/make-venv .venv-oldest "$(PYTHON)" python3.11 python3.12
	$(OLDEST)/python .ci/oldest.py > .venv-oldest/constraints.txt
	$(OLDEST)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]' \
		--constraint .venv-oldest/constraints.txt
	@touch $@

# The newest versions of everything, so that what scikit-learn checks anew is seen at once.
.venv-peers/ready: pyproject.toml
	@test -e $@ && $(PEERS)/python -c '' || .ci/make-venv .venv-peers "$(PYTHON)" $(PYTHONS)
	$(PEERS)/python -m pip install --quiet --disable-pip-version-check --upgrade \
		--upgrade-strategy eager --editable '.[dev]'
	@touch $@

# The newest packages of docs/integrations, as far as they get along with each other.
.venv-integrations/ready: pyproject.toml
	@test -e $@ && $(INTEGRATIONS)/python -c '' \
		|| .ci/make-venv .venv-integrations "$(PYTHON)" $(PYTHONS)
	$(INTEGRATIONS)/python -m pip install --quiet --disable-pip-version-check --upgrade \
		--upgrade-strategy eager --editable '.[integrations]'
	@touch $@

# Dask, Ray and Optuna in their newest releases, for docs/scale.md and its tests.
.venv-scale/ready: pyproject.toml
	@test -e $@ && $(SCALE)/python -c '' || .ci/make-venv .venv-scale "$(PYTHON)" $(PYTHONS)
	$(SCALE)/python -m pip install --quiet --disable-pip-version-check --upgrade \
		--upgrade-strategy eager --editable '.[scale]'
	@touch $@

# onnxruntime-web for a page of the documentation, and what drives Chromium in its test.
$(NPM)/ready: docs/package.json
	@mkdir -p $(NPM)
	cp docs/package.json $(NPM)
	npm install --prefix $(NPM) --no-package-lock --ignore-scripts --no-audit --no-fund --silent
	@touch $@
