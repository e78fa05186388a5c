"""What a bare machine hears from local/bootstrap.py."""

import ast
import os
import socket
import subprocess
import sys
from pathlib import Path

from local.settings import ROOT

BOOTSTRAP = ROOT / "local" / "bootstrap.py"


def bootstrap(*arguments, **environment):
    return subprocess.run(
        [sys.executable, str(BOOTSTRAP), *arguments],
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_an_old_python_can_parse_it():
    source = BOOTSTRAP.read_text()
    tree = ast.parse(source, feature_version=(3, 0))
    newer = (ast.JoinedStr, ast.AnnAssign, ast.AsyncFunctionDef, ast.NamedExpr)
    assert not any(isinstance(node, newer) for node in ast.walk(tree))
    assert not any(isinstance(node, ast.FunctionDef) for node in ast.walk(tree))
    assert source.isascii()


def test_it_checks_the_version_before_it_imports_anything_of_ours():
    body = ast.parse(BOOTSTRAP.read_text()).body
    check = next(i for i, node in enumerate(body) if isinstance(node, ast.If))
    imports = (ast.Import, ast.ImportFrom)
    before = [node for node in body[:check] if isinstance(node, imports)]
    assert {alias.name for node in before for alias in node.names} == {"os", "sys"}


def test_a_taken_port_is_one_sentence_before_anything_is_made(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        said = bootstrap("run", GATEWAY_PORT=port, STATE_DIR=str(tmp_path / "state"))
    assert said.returncode == 1
    assert said.stderr == (
        f"Promo System: Port {port} is taken by another program. "
        "Choose another: GATEWAY_PORT=8081 make run\n"
    )
    assert not list((tmp_path / "state").glob("venv*"))


def test_a_port_that_is_none_is_one_sentence(tmp_path):
    said = bootstrap("run", GATEWAY_PORT="http", STATE_DIR=str(tmp_path / "state"))
    assert said.returncode == 1
    assert said.stderr.startswith("Promo System: GATEWAY_PORT is 'http'")
    assert said.stderr.count("\n") == 1


def test_a_state_folder_that_cannot_be_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    state = tmp_path / "file" / "state"
    said = bootstrap("run", STATE_DIR=str(state))
    assert said.returncode == 1
    assert f"Promo System: The state folder {state} can't be used" in said.stderr
    assert said.stderr.count("\n") == 1


def test_an_unknown_command_names_the_known_ones():
    said = bootstrap("ruin")
    assert said.returncode == 2
    assert said.stderr.startswith("usage: bootstrap.py run|demo|test|")


def test_what_runs_before_the_install_needs_the_standard_library_alone():
    standard = sys.stdlib_module_names | {"local"}
    seen: set[str] = set()
    waiting = ["launch"]
    while waiting:
        module = waiting.pop()
        if module in seen:
            continue
        seen.add(module)
        for node in ast.walk(
            ast.parse(Path(ROOT, "local", f"{module}.py").read_text())
        ):
            if isinstance(node, ast.Import):
                assert {alias.name.split(".")[0] for alias in node.names} <= standard
            elif isinstance(node, ast.ImportFrom) and node.module:
                package, _, ours = node.module.partition(".")
                assert package in standard
                if package == "local":
                    waiting += [ours] if ours else [a.name for a in node.names]
    assert seen == {"launch", "install", "ports", "state_folder", "account", "console"}
