#!/usr/bin/env bash
# Makes .venv, the linters that test/deploy runs: what requirements.txt names for Python 3.11 or newer, and what go.mod names for Go 1.26 or newer.
set -euo pipefail
cd "$(dirname "$0")"

python3 -m venv --clear .venv
# Without dependencies: what is not pinned does not come, and `pip check` names what is missing.
.venv/bin/pip install --quiet --disable-pip-version-check --no-deps -r requirements.txt
.venv/bin/pip check
GOBIN="$PWD/.venv/bin" GOFLAGS=-mod=readonly go install tool
# What was installed, for the test that runs them.
cat requirements.txt go.mod >.venv/installed
