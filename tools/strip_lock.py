# SPDX-License-Identifier: Apache-2.0
"""Takes out of a package-lock.json what no install needs: where to fund authors, and every address."""

import json
import sys
from pathlib import Path


def strip(text: str) -> str:
    """The lock without `funding` and `resolved`; everything else, and the order, stays."""
    lock = json.loads(text)
    for package in lock["packages"].values():
        package.pop("funding", None)
        package.pop("resolved", None)
    return json.dumps(lock, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    path = Path(sys.argv[1])
    path.write_text(strip(path.read_text(encoding="utf-8")), encoding="utf-8")
