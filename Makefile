# make demo   install into .venv and run a small benign case
# make test   everything that needs no network and no service
# make test-browser  a day at the workbench in Chromium
# make check  format, lint, types, layers, dependencies
# make bench  every benchmark that is given no case, each beside its peer
PYTHON ?= python3
BIN := .venv/bin
JOBS ?= 2

# make forensic  add the readers of VMDK, VHD, qcow2, APFS and DMG (needs a C compiler)
.PHONY: demo test test-slow test-browser check forensic bench docs format lock clean

.venv/bin/uv:
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "uv>=0.9"

.venv/.installed: .venv/bin/uv pyproject.toml uv.lock
	$(BIN)/uv sync --frozen --quiet --inexact --compile-bytecode --extra text --no-group dev --python $(BIN)/python
	$(BIN)/python -m compileall -q src
	$(BIN)/python -c "import homeward.media.stills, homeward.descriptors.pdq_exact, homeward.indexes.compiled, homeward.indexes.local, homeward.descriptors.camera, homeward.indexes.fingerprint_kernel, homeward.links.geometry_kernel, homeward.descriptors.surroundings, homeward.communities.style, homeward.communities.row_dots, homeward.exchange.golomb" # compiles their kernels once
	touch $@

.venv/.developer: .venv/.installed
	$(BIN)/uv sync --frozen --quiet --inexact --compile-bytecode --extra matching --extra parquet --extra server --extra text --group dev --python $(BIN)/python
	touch $@

forensic: .venv/.developer
	$(BIN)/uv sync --frozen --quiet --inexact --compile-bytecode --all-extras --group dev --python $(BIN)/python

demo: .venv/.installed
	$(BIN)/homeward demo

test: .venv/.developer
	$(BIN)/pytest -n $(JOBS) --dist worksteal -m "not slow and not browser"

test-slow: .venv/.developer
	$(BIN)/pytest -n $(JOBS) --dist loadgroup -m "slow and not browser"

test-browser: .venv/.developer
	$(BIN)/pytest -n 0 -m browser tests/browser

check: .venv/.developer
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry src

format: .venv/.developer
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: .venv/.developer
	$(BIN)/python bench/ingest.py
	$(BIN)/python bench/pdq.py
	$(BIN)/python bench/hamming.py
	$(BIN)/python bench/join.py --data
	$(BIN)/python bench/local_index.py
	$(BIN)/python bench/known_import.py
	$(BIN)/python bench/header.py
	$(BIN)/python bench/camera.py
	$(BIN)/python bench/mains.py
	$(BIN)/python bench/text.py
	$(BIN)/python bench/never_twice.py
	$(BIN)/python bench/clues.py
	$(BIN)/python bench/series.py
	$(BIN)/python bench/grid.py
	$(BIN)/python bench/serve.py
	$(BIN)/python bench/exchange.py
	$(BIN)/python bench/communities.py
	$(BIN)/python bench/captures.py
	$(BIN)/python bench/reports.py

# make docs   write the reference pages from the program
docs: .venv/.developer
	$(BIN)/python docs/make_reference.py

lock: .venv/bin/uv
	$(BIN)/uv lock

clean:
	rm -rf .venv dist
