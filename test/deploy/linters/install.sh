#!/usr/bin/env bash
# Installs the linters that test/deploy runs into .venv. They need Python 3.11 or newer and Go 1.26 or newer.
set -euo pipefail
cd "$(dirname "$0")"

python3 -m venv --clear .venv
# Installs only pinned packages. `pip check` reports a missing one.
.venv/bin/pip install --quiet --disable-pip-version-check --no-deps -r requirements.txt
.venv/bin/pip check
GOBIN="$PWD/.venv/bin" GOFLAGS=-mod=readonly go install tool
# The test compares this file to see whether the linters are up to date.
cat requirements.txt go.mod >.venv/installed
