#!/usr/bin/env bash
# Makes .venv, the Python that the programs of this folder run with: Python 3.11 or newer, and what requirements.txt names.
set -euo pipefail
cd "$(dirname "$0")"

python3 -m venv --clear .venv
# Without dependencies: what is not pinned does not come, and `pip check` names what is missing.
.venv/bin/pip install --quiet --disable-pip-version-check --no-deps -r requirements.txt
.venv/bin/pip check
