# SPDX-License-Identifier: Apache-2.0
"""What is measured: the app of a mesh, as main.py has it. `python -m benchmarks.ours OUT PRODUCTS CODE`."""

import sys
from pathlib import Path

from benchmarks import workload
from benchmarks.measure import report
from meshform.cdk import App, add_stacks, readable_errors, synthesize
from meshform.settings import Settings

if __name__ == "__main__":
    out, products, code = sys.argv[1:]
    with readable_errors():
        app = App(outdir=out)
        mesh = workload.declare(app, int(products), Path(code))
        add_stacks(app, mesh, settings=Settings(workload.ENVIRONMENT))
        synthesize(app)
    report()
