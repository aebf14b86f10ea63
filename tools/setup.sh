#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Finds a Python that fits and lets it set the project up: tools/setup.py.
set -eu
cd "$(dirname "$0")/.."

fits() {
    command -v "$1" >/dev/null 2>&1 &&
        "$1" -c "import sys; sys.exit(not ((3, 11) <= sys.version_info[:2] <= (3, $2)))" >/dev/null 2>&1
}

# A virtual environment that works is kept; MESHFORM_PYTHON asks for another.
if [ -z "${MESHFORM_PYTHON:-}" ] && fits .venv/bin/python 99 && .venv/bin/python -c 'import pip' 2>/dev/null; then
    exec .venv/bin/python tools/setup.py "$@"
fi
# 3.11 to 3.13 are tested; a newer one is better than none.
for newest in 13 99; do
    for python in ${MESHFORM_PYTHON:-python3 python3.13 python3.12 python3.11 python3.14 python3.15 python}; do
        if fits "$python" "$newest"; then
            exec "$python" tools/setup.py "$@"
        fi
    done
done
cat >&2 <<END
error MF800 no Python that fits was found
  got:     ${MESHFORM_PYTHON:-$(python3 --version 2>&1 || true)}
  allowed: Python 3.11 or newer
  fix:     install one, for example \`python3.12\`, or let MESHFORM_PYTHON name it
END
exit 1
