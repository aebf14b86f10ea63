# SPDX-License-Identifier: Apache-2.0
"""The bridge to Node: what is sent ahead arrives, in order, under the names that were foretold."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from constructs import Construct, RootConstruct

ROOT = Path(__file__).parents[2]
MESH = """
mesh = Mesh(app, environments=[Environment.local(deployer="d")], platform=Platform(owner="o"))
for number in range(3):
    GovernancePolicy(mesh, f"policy-{number}")
print([child.node.path for child in mesh.node.children])
"""
BY_HAND = "from meshform import Environment, GovernancePolicy, Mesh, Platform\n"
SAID = "['mesh/policy-0', 'mesh/policy-1', 'mesh/policy-2']\n"


def python(code: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run code in a Python of its own, whose Node has not been started."""
    environ = {**os.environ, "PYTHONPATH": str(ROOT / "constructs"), **variables}
    return subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, cwd=ROOT)


def test_what_is_made_ahead_is_what_node_has():
    """More than may be unread at once, in order, and each the very object that was made here."""
    root = RootConstruct()
    made = [Construct(root, f"c{number}") for number in range(450)]
    assert root.node.children == made
    assert made[321].node.id == "c321"


def test_questions_between_do_not_confuse_the_names():
    """An answer may bring new objects, so the next construct is waited for."""
    root = RootConstruct()
    for number in range(5):
        first = Construct(root, f"a{number}")
        second = Construct(first, "b")
        third = Construct(second, "c")
        assert third.node.scopes == [root, first, second, third]
        assert first.node.root is root


def test_an_id_that_is_taken_is_refused_at_once():
    """With the framework's own error, whether Node knows of the other already or not, and Node answers on."""
    root = RootConstruct()
    for asked in (False, True):
        first = Construct(root, f"twin-{asked}")
        assert not asked or root.node.children
        with pytest.raises(RuntimeError, match=f"already a Construct with name 'twin-{asked}'"):
            Construct(root, f"twin-{asked}")
        Construct(first, f"twin-{asked}")
    with pytest.raises(RuntimeError, match="Only root constructs may have an empty ID"):
        Construct(root, "")
    assert [child.node.id for child in root.node.children] == ["twin-False", "twin-True"]


def test_a_construct_that_overrides_the_frameworks_is_waited_for():
    """Node may ask it something before it answers."""

    class Named(Construct):
        def to_string(self) -> str:
            return "named"

    root = RootConstruct()
    plain, named = Construct(root, "plain"), Named(root, "named")
    assert [plain, named] == root.node.children
    assert named.to_string() == "named"


def test_a_refusal_that_nobody_expects_ends_the_app():
    """Names told after it would be those of other objects, so nothing more is made."""
    done = python(
        f"""{BY_HAND}
from meshform.bridge import Construct, RootConstruct, settle
root = RootConstruct()
locked = Construct(root, "locked")
locked.node.lock()
Construct(root, "waited-for")
Construct(locked, "late")
Construct(root, "later")
for _ in range(2):
    try:
        root.node.children
    except RuntimeError as error:
        print(error)
"""
    )
    assert done.stdout.count("Node refused ['late']: Cannot add children") == 2


@pytest.mark.parametrize(
    "start",
    [
        f"{BY_HAND}from meshform.cdk import App\napp = App()\n",
        f"from cdktf import App\n{BY_HAND}app = App()\n",
        f"from cdktf import App\napp = App()\n{BY_HAND}",
        f"from constructs import RootConstruct\napp = RootConstruct()\n{BY_HAND}",
    ],
)
def test_it_does_not_matter_who_started_node(start):
    """The bridge takes over a connection that jsii has opened already."""
    done = python(start + MESH)
    assert done.stderr == ""
    assert done.stdout == SAID


def test_frameworks_stack_traces_still_work():
    """Where jsii is asked to tell Node every caller, nothing is sent ahead without one."""
    done = python(
        f"{BY_HAND}from meshform.cdk import App\napp = App()\n" + MESH, JSII_HOST_STACK_TRACES="true"
    )
    assert (done.stdout, done.stderr) == (SAID, "")


@pytest.mark.parametrize("node", ["/nowhere/node", "/etc/passwd", "/bin/false", "/bin/true"])
def test_a_node_that_does_not_start_is_a_finding(node, tmp_path):
    """MF802 and exit code 1 from main.py, no traceback and no noise when Python ends."""
    done = subprocess.run(
        [sys.executable, "main.py"],
        cwd=ROOT,
        env={
            **os.environ,
            "JSII_NODE": node,
            "PYTHONPATH": str(ROOT / "constructs"),
            "CDKTF_OUTDIR": str(tmp_path / "out"),
        },
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "error MF802 there is no Node to start, and the constructs need one",
        "  at:      the mesh",
        f"  got:     {node}",
        "  allowed: Node 20 or 22, on PATH or named by JSII_NODE",
        "  fix:     run `make setup`, and unset JSII_NODE if it names one that is gone",
    ]
    assert not list(tmp_path.iterdir())


def test_a_jsii_that_counts_otherwise_is_noticed():
    """An error, instead of constructs under the names of others."""
    code = "import meshform.bridge as bridge\nbridge._bridge._next_object = 1\n"
    done = python(f"{code}{BY_HAND}from meshform.cdk import App\napp = App()\n" + MESH)
    assert done.returncode == 1
    assert "Node made cdktf.App@10000, not cdktf.App@1: unknown version of jsii" in done.stderr


def test_what_is_certain_is_not_waited_for():
    """Stacks and what they depend on reach Node in order; an id that is taken is still refused at once."""
    said = python(
        "from meshform.bridge import certain\n"
        "import cdktf\n"
        "app = cdktf.App()\n"
        "with certain():\n"
        "    stacks = [cdktf.TerraformStack(app, name) for name in ('a', 'b', 'c')]\n"
        "    stacks[2].add_dependency(stacks[0])\n"
        "    try:\n"
        "        cdktf.TerraformStack(app, 'b')\n"
        "    except RuntimeError as error:\n"
        "        print('refused', 'already a Construct' in str(error))\n"
        "print([one.node.id for one in app.node.children], [one.node.id for one in stacks[2].dependencies])\n"
    )
    assert said.stdout == "refused True\n['a', 'b', 'c'] ['a']\n", said.stderr
