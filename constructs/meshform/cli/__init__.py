# SPDX-License-Identifier: Apache-2.0
"""The `meshform` command.

Each subcommand lives in a module of its own and is imported only when it is called, so that a quick command
never pays for a slow one's libraries. A user's mistake ends with its findings and exit code 1, wrong use of
the command line with 2; neither shows a traceback.
"""

from __future__ import annotations

import sys
from importlib import import_module

import click

__all__ = ["main"]

# name -> (module, one line for the help); the module has a click command named `command`
COMMANDS: dict[str, tuple[str, str]] = {
    "check": ("meshform.cli.check", "Check the mesh, or one domain of it."),
    "codeowners": ("meshform.cli.codeowners", "Print who approves changes of which files."),
    "contract": ("meshform.cli.contract", "Print a contract as ODCS, or check one."),
    "diff": ("meshform.cli.diff", "Compare contracts with another commit: who is hit, what is missing."),
    "coverage": ("meshform.cli.coverage", "Show who sees which classified column, and by which route."),
    "doctor": (
        "meshform.cli.doctor",
        "Check the tools: Python, Node, Terraform, cdktf, the local workspace.",
    ),
    "env": ("meshform.cli.env", "Print or write the environment for cdktf and Terraform."),
    "lock": ("meshform.cli.lock", "Remember what holds data, so that no change loses it."),
    "manifest": ("meshform.cli.manifest", "Write what other repositories may know of the products."),
    "permissions": ("meshform.cli.permissions", "Show what the deploy identity of a domain needs, and why."),
    "policies": ("meshform.cli.policies", "List policies: rules, protections, and waivers with days left."),
    "provider": (
        "meshform.cli.provider",
        "The local workspace as a Terraform provider; Terraform starts it.",
    ),
    "provider-facts": ("meshform.cli.provider_facts", "Learn the facts of another version of the provider."),
    "request": ("meshform.cli.request", "Ask a producer for access to a port, by a pull request."),
    "rules": ("meshform.cli.rules", "List every rule that a policy can have."),
    "run": ("meshform.cli.run", "Run a data product's pipeline now."),
    "show": ("meshform.cli.show", "Show domains, products, ports, who reads what, and what is deployed."),
    "step": ("meshform.cli.step", "Steps of an apply; Terraform calls them."),
}


class _LazyGroup(click.Group):
    """A group that knows its subcommands by name and imports one only to run it or to show its own help."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = import_module(COMMANDS[cmd_name][0]).command
        if not isinstance(command, click.Command):
            raise TypeError(f"{COMMANDS[cmd_name][0]} has no click command named `command`")
        return command

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name][1]) for name in self.list_commands(_ctx)])


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="meshform")
def _meshform() -> None:
    """A data mesh on Databricks as code."""


def main() -> None:
    """Run the command line; the entry point of the `meshform` script."""
    try:
        _meshform(prog_name="meshform")
    except ValueError as error:
        # imported here because it costs as much as all the rest, and Terraform starts the provider often
        from meshform.cli.output import findings_of, print_findings

        print_findings(findings_of(error))
        sys.exit(1)
