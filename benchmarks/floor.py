# SPDX-License-Identifier: Apache-2.0
"""The floor: import cdktf, write the same JSON with json.dump. `python -m benchmarks.floor OUT DOCUMENTS`.

The documents come ready from memory, as near as a fresh process gets to that: marshal reads them back in a
few hundredths of a second. The files that stand beside the JSON are left out.
"""

import json
import marshal
import sys
from pathlib import Path

import cdktf  # noqa: F401 - what any cdktf app pays, and starts Node

from benchmarks.measure import report

if __name__ == "__main__":
    out, documents = sys.argv[1:]
    for stack, document in marshal.loads(Path(documents).read_bytes()).items():  # noqa: S302 - our own file
        folder = Path(out) / "stacks" / stack
        folder.mkdir(parents=True)
        with (folder / "cdk.tf.json").open("w", encoding="utf-8") as file:
            json.dump(document, file, indent=2)
            file.write("\n")
    report()
