# SPDX-License-Identifier: Apache-2.0
"""The tool chain: which Python, Node, Terraform and cdktf a mesh is deployed with, and their environment.

It needs the standard library only, since `make setup` uses it before any dependency is installed.
"""

from meshform.toolchain.environment import commands_environment, env_script, write_shims
from meshform.toolchain.layout import Layout, find_root
from meshform.toolchain.problem import ToolProblem
from meshform.toolchain.tools import Tool, find_node, find_terraform

__all__ = [
    "Layout",
    "Tool",
    "ToolProblem",
    "commands_environment",
    "env_script",
    "find_node",
    "find_root",
    "find_terraform",
    "write_shims",
]
