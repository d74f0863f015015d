#!/usr/bin/env bash
# Creates .venv with the packages of requirements.txt. Needs Python 3.11 or newer.
set -euo pipefail
cd "$(dirname "$0")"

python3 -m venv --clear .venv
# --no-deps: installs only pinned packages. `pip check` reports a dependency that is missing.
.venv/bin/pip install --quiet --disable-pip-version-check --no-deps -r requirements.txt
.venv/bin/pip check
