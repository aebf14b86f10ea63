# SPDX-License-Identifier: Apache-2.0
"""What stands ready before anything is measured.

`python -m benchmarks.prepare code FOLDER PRODUCTS` writes the pipeline code.
`python -m benchmarks.prepare project FOLDER PRODUCTS` writes a project with that code and a wide mesh, for
`meshform check`.
`python -m benchmarks.prepare documents OURS FILE` writes the documents of a run of ours as `marshal` has
them, for the other sides, and prints how many resources they hold.

It is a process of its own so that the one that measures stays small: on Linux a process may count the memory
of the one that started it.
"""

import json
import marshal
import sys
from pathlib import Path

from benchmarks.workload import write_code

PROJECT = """\
from pathlib import Path

from benchmarks import workload


def declare(scope):
    return workload.declare(scope, {products}, Path(__file__).parent / "code", wide=True)
"""

if __name__ == "__main__":
    what, first, second = sys.argv[1:]
    if what in ("code", "project"):
        write_code(Path(first) / "code", int(second))
    if what == "project":
        (Path(first) / "domains.py").write_text(PROJECT.format(products=int(second)), encoding="utf-8")
    if what == "documents":
        paths = sorted(Path(first).glob("stacks/*/cdk.tf.json"))
        documents = {path.parent.name: json.loads(path.read_bytes()) for path in paths}
        Path(second).write_bytes(marshal.dumps(documents))
        blocks = [block for document in documents.values() for block in document.get("resource", {}).values()]
        sys.stdout.write(f"{sum(map(len, blocks))}\n")
