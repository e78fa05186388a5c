"""`make audit` says what it found, and that it found nothing out where it did not."""

import json
import subprocess

import pytest

from local import audit
from local.audit import CannotTell, Finding, judge

HOLE = {"id": "PYSEC-1", "aliases": ["CVE-1"], "fix_versions": ["2.0"]}


def answers(monkeypatch, stdout: str, stderr: str = "") -> None:
    def run(command, **_):
        return subprocess.CompletedProcess(command, 0, stdout, stderr)

    monkeypatch.setattr("subprocess.run", run)


def test_our_own_code_is_clean_or_explained(capsys, monkeypatch):
    monkeypatch.setattr(audit, "find_in_packages", list)
    assert audit.main() == 0, capsys.readouterr()


def test_what_is_not_explained_is_left_to_do():
    finding = Finding(("B1", "B1 a.py"), "a.py:1 B1 bad")
    assert judge([finding], {}) == ["a.py:1 B1 bad"]
    assert judge([finding], {"B1": "why"}) == []
    assert judge([finding], {"B1 a.py": "why"}) == []
    assert judge([finding], {"B1 b.py": "why"})[0] == "a.py:1 B1 bad"


@pytest.mark.parametrize(
    ("line", "explained"),
    [
        ("random()  # noqa: S311 - a port is no secret", True),
        ("random()  # noqa: S311  # jitter is no secret", True),
        ("random()  # noqa: F401, S311 - why", True),
        ("random()  # noqa: S311", False),
        ("random()  # noqa: S312 - why", False),
        ("random()", False),
    ],
)
def test_a_reason_at_the_line_explains_it(monkeypatch, tmp_path, line, explained):
    (tmp_path / "a.py").write_text(f"import random\n{line}\n")
    monkeypatch.setattr(audit, "ROOT", tmp_path)
    result = {
        "test_id": "B311",
        "filename": "./a.py",
        "line_number": 2,
        "line_range": [2],
        "issue_text": "bad",
    }
    answers(monkeypatch, json.dumps({"errors": [], "results": [result]}))
    texts = [finding.text for finding in audit.find_in_code()]
    assert texts == ([] if explained else ["a.py:2 B311 bad"])


def test_an_exception_that_nothing_needs_is_left_to_do():
    assert judge([], {"B1": "why"}) == ["nothing needs the exception 'B1'"]


def test_a_hole_is_found_under_all_its_names(monkeypatch):
    package = {"name": "left-pad", "version": "1.0", "vulns": [HOLE]}
    answers(monkeypatch, json.dumps({"dependencies": [package]}))
    (finding,) = audit.find_in_packages()
    assert finding.names == ("PYSEC-1", "CVE-1")
    assert finding.text == "left-pad 1.0: PYSEC-1 CVE-1 (mended in 2.0)"


@pytest.mark.parametrize(
    ("stdout", "stderr", "said"),
    [
        ("", "ERROR: PyPI is not to be reached", "PyPI is not to be reached"),
        ("", "", "said nothing"),
        ('{"dependencies": []}', "", "0 of 0"),
        (
            '{"dependencies": [{"name": "left-pad", "skip_reason": "not found"}]}',
            "",
            "1 of 1 packages",
        ),
    ],
)
def test_having_asked_in_vain_is_a_failure_and_said(
    monkeypatch, capsys, stdout, stderr, said
):
    answers(monkeypatch, stdout, stderr)
    with pytest.raises(CannotTell, match=said):
        audit.find_in_packages()
    monkeypatch.setattr(audit, "find_in_code", list)
    assert audit.main() == 1
    assert said in capsys.readouterr().err
