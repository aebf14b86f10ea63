# SPDX-License-Identifier: Apache-2.0
"""`meshform env`: the environment for cdktf and Terraform."""

from __future__ import annotations

import click

from meshform.cli.tool_findings import as_findings
from meshform.toolchain import Layout, env_script, find_node, find_root, find_terraform, write_shims


@click.command("env")
@click.option("--write", is_flag=True, help="Write .meshform/env.sh, the wrappers and the provider's mirror.")
def command(*, write: bool) -> None:
    """Print the environment that cdktf and Terraform need, as shell commands.

    `make setup` calls it with --write; then `. .meshform/env.sh` sets a shell up.
    """
    with as_findings():
        layout = Layout(find_root())
        if not write:
            click.echo(env_script(layout), nl=False)
            return
        node, terraform = find_node(layout), find_terraform(layout)
    from meshform.local.install import install

    install(layout.root)
    write_shims(layout, node, terraform)
