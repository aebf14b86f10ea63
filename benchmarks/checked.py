# SPDX-License-Identifier: Apache-2.0
"""What is measured: `meshform check` of a wide mesh. `python -m benchmarks.checked FOLDER`.

The folder is a project that `python -m benchmarks.prepare project FOLDER PRODUCTS` made.
"""

import os
import sys

from benchmarks.measure import report
from benchmarks.workload import ENVIRONMENT
from meshform.cli import main

if __name__ == "__main__":
    os.chdir(sys.argv[1])
    sys.argv = ["meshform", "check", "--env", ENVIRONMENT]
    try:
        main()
    except SystemExit as end:
        if end.code:
            raise
    report()
