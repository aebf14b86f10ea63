# SPDX-License-Identifier: Apache-2.0
"""The process that declares the mesh of another commit.

`python -m meshform.cli.base_process TREE OUT DEPLOYED ENVIRONMENT`, with the project in that tree as its
working folder. It writes the state of the mesh into OUT, or findings; and what is deployed of it in an
environment into DEPLOYED, when the mesh has no errors there.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from pathlib import Path


def main(tree: Path, out: Path, deployed: Path, environment: str) -> int:
    """Declare the mesh; 0 when that worked, 3 with findings in the file."""
    from meshform.cli.base import ROOT, in_tree
    from meshform.cli.load import load_mesh
    from meshform.cli.output import findings_of
    from meshform.model.findings import MeshformError
    from meshform.model.mesh_state import state_of
    from meshform.settings import Settings
    from meshform.terraform.deployed import deploy

    root = Path(os.environ.pop(ROOT))
    # an editable installation points into the working tree; meshform itself is imported already
    sys.path[:] = [in_tree(path, root, tree) for path in sys.path]
    try:
        mesh = load_mesh(Settings.read())
    except ValueError as error:
        told = [f"{one.place}: {one.code} {one.summary}" for one in findings_of(error)]
        out.write_text(json.dumps(told), encoding="utf-8")
        return 3
    if mixed := _of_working_tree(root):
        told = [f"its code imports {mixed[0]}, which comes from the working tree"]
        out.write_text(json.dumps(told), encoding="utf-8")
        return 3
    with suppress(MeshformError):  # of errors there, or of an environment that it did not have
        deployed.write_bytes(deploy(mesh, environment).to_json())
    out.write_text(state_of(mesh).model_dump_json(), encoding="utf-8")
    return 0


def _of_working_tree(root: Path) -> list[str]:
    """Modules of the other tree, libraries and Meshform left aside."""
    found = []
    for name, module in sorted(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if not isinstance(file, str) or name.partition(".")[0] in ("meshform", "__main__"):
            continue
        if Path(file).is_relative_to(root) and "site-packages" not in file:
            found.append(name)
    return found


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4]))
