# SPDX-License-Identifier: Apache-2.0
"""Side-by-side runs of synthesis; see README.md."""
