"""What `make audit` runs: known holes of the packages, and suspicious code of our own.

An exception has its reason where it is: at the line, with ruff's name of the same rule
(`# noqa: S311 - a port is no secret`), or in pyproject.toml, below `tool.audit`. One
there that nothing needs any more is a failure, too. Not part of CI, since it asks PyPI,
and what is known of a package changes without the code.
"""

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from local.console import complain, say
from local.settings import ROOT

LOCKS = ("requirements.txt", "requirements-local.txt", "requirements-dev.txt")
# Tests forge, break and hard-code on purpose.
_LEFT_OUT = "*/tests/*,./tests_e2e/*,./.local/*,./.venv/*"


class CannotTell(Exception):
    """A tool could not do its work, so nothing is known."""


@dataclass(frozen=True)
class Finding:
    """Something that a tool holds against a package or a line of code.

    `names` are those under which an exception can be made for it, narrow or wide.
    """

    names: tuple[str, ...]
    text: str


def find_in_code() -> list[Finding]:
    """Return what bandit finds; raises CannotTell where it did not run."""
    command = ["bandit", "--recursive", "--quiet", "--format", "json"]
    told = _run_for_json([*command, "--exclude", _LEFT_OUT, "."])
    if told["errors"]:
        raise CannotTell(f"bandit could not read {told['errors']}")
    return list(_read_code_findings(told["results"]))


def find_in_packages() -> list[Finding]:
    """Return the known holes; raises CannotTell unless every package was looked up.

    pip-audit itself is content with having asked in vain.
    """
    command = ["pip_audit", "--disable-pip", "--require-hashes", "--format", "json"]
    command += ["--progress-spinner", "off"]
    for lock in LOCKS:
        command += ["--requirement", lock]
    packages = _run_for_json(command)["dependencies"]
    unknown = [one["name"] for one in packages if "skip_reason" in one]
    if unknown or not packages:
        raise CannotTell(
            f"PyPI says nothing of {len(unknown)} of {len(packages)} packages "
            f"({', '.join(unknown[:3])}, …). A mirror often has the packages and "
            "not what is known of their holes (/pypi/NAME/VERSION/json)."
        )
    return list(_read_package_findings(packages))


def judge(findings: list[Finding], exceptions: Mapping[str, str]) -> list[str]:
    """Return what is left to do: unexplained findings, and exceptions without one."""
    needed = {name for finding in findings for name in finding.names}
    unneeded = exceptions.keys() - needed
    return [
        *(one.text for one in findings if not exceptions.keys() & set(one.names)),
        *(f"nothing needs the exception {name!r}" for name in sorted(unneeded)),
    ]


def main() -> int:
    """Run both, whatever the first said; returns 0 where nothing is left to do."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    exceptions: dict[str, dict[str, str]] = tomllib.loads(text)["tool"]["audit"]
    failed = False
    for title, find, excepted in (
        ("bandit, the code", find_in_code, exceptions["code"]),
        ("pip-audit, the locked packages", find_in_packages, exceptions["packages"]),
    ):
        try:
            findings = find()
        except CannotTell as reason:
            complain(f"FAILED  {title}: it could not be found out. {reason}")
            failed = True
            continue
        left = judge(findings, excepted)
        verdict = "FAILED" if left else "ok    "
        say(f"{verdict}  {title}: {len(findings)} findings, {len(left)} to do")
        for line in left:
            say(f"        {line}")
        failed = failed or bool(left)
    return 1 if failed else 0


def _run_for_json(module: list[str]) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", *module],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        told: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        last_words = (done.stderr or done.stdout).strip().splitlines()[-1:]
        said = " ".join(last_words) or f"{module[0]} said nothing"
        raise CannotTell(said) from None
    return told


def _read_code_findings(results: list[dict[str, Any]]) -> Iterator[Finding]:
    for result in results:
        if _is_explained_in_place(result):
            continue
        rule, path = result["test_id"], result["filename"].removeprefix("./")
        where = f"{path}:{result['line_number']}"
        yield Finding(
            (rule, f"{rule} {path}"), f"{where} {rule} {result['issue_text']}"
        )


def _is_explained_in_place(result: dict[str, Any]) -> bool:
    """Look for ruff's exception and a reason on the lines of the statement.

    bandit's range ends before what follows a text in several lines, such as a call.
    """
    lines = (ROOT / result["filename"]).read_text(encoding="utf-8").splitlines()
    first, last = result["line_number"], max(result["line_range"])
    rule = "S" + result["test_id"].removeprefix("B")
    reason = re.compile(rf"# noqa: [A-Z0-9, ]*\b{rule}\b[A-Z0-9, ]*(?:- |# )\w")
    return any(reason.search(line) for line in lines[first - 1 : last + 1])


def _read_package_findings(packages: list[dict[str, Any]]) -> Iterator[Finding]:
    for package in packages:
        for hole in package["vulns"]:
            names = (hole["id"], *hole["aliases"])
            better = ", ".join(hole["fix_versions"]) or "no version yet"
            found = f"{package['name']} {package['version']}: {' '.join(names)}"
            yield Finding(names, f"{found} (mended in {better})")


if __name__ == "__main__":
    sys.exit(main())
