#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Pins every dependency by hash: requirements/*.txt from pyproject.toml, package-lock.json from package.json.
# Pins that still fit are kept; with UPGRADE=1 everything moves to the newest version that fits.
# The Python files hold for Python 3.11 to 3.13 on Linux and macOS, x86-64 and arm64. No host is written.
set -eu
cd "$(dirname "$0")/.."
. .meshform/env.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet uv

pin() {
    name=$1
    shift
    file=requirements/$name.txt
    "$work/venv/bin/uv" pip compile --quiet --no-config --universal --python-version 3.11 --generate-hashes \
        --no-header --no-emit-index-url --no-emit-find-links ${UPGRADE:+--upgrade} \
        --output-file "$file" "$@"
    { echo "# Made by \`make lock\` from pyproject.toml."; grep -v '^# Made by' "$file"; } >"$work/$name"
    cp "$work/$name" "$file"
    echo "lock: $file"
}

pin dev pyproject.toml --extra local --group dev
pin node --group node
pin terraform --group terraform
pin bench --constraint requirements/dev.txt --group bench

if [ -n "${UPGRADE:-}" ]; then
    rm -f package-lock.json
fi
npm install --package-lock-only --ignore-scripts --loglevel=error
python tools/strip_lock.py package-lock.json
echo "lock: package-lock.json"
