# SPDX-License-Identifier: Apache-2.0
"""What holds for every lane."""

import os
import sys

# Tests rewrite modules and run them again within a second. Python takes compiled code for current when the
# second and the size of its source are the same, and would run what was there before.
sys.dont_write_bytecode = True
os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
