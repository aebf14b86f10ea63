# SPDX-License-Identifier: Apache-2.0
"""What changed between two states of a mesh, as readers of its products meet it, and what that asks for."""

from __future__ import annotations

from meshform.governance.changes.change import Change, Level
from meshform.governance.changes.products import ProductChanges, changes_between
from meshform.governance.changes.verdict import verdict

__all__ = ["Change", "Level", "ProductChanges", "changes_between", "verdict"]
