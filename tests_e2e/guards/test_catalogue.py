"""The catalogue of guards keeps up with the code, and the tool knows its outcomes."""

from collections import Counter
from pathlib import Path

import pytest

from local.settings import ROOT
from tests_e2e.guards.catalogue import GUARDS
from tests_e2e.guards.guard import STILL_WORKS, Edit, Guard, Misplaced, Place
from tests_e2e.guards.proving import Outcome, Report

NAMED = sorted({test for guard in GUARDS for test in guard.ids})


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.name)
def test_a_guard_stands_where_the_catalogue_says(guard):
    for edit in guard.edits:
        edit.check(ROOT)
        assert edit.find != edit.replacement
    assert guard.tests
    assert guard.suite in STILL_WORKS


@pytest.mark.parametrize("test", NAMED)
def test_a_test_that_is_named_exists(test):
    file, *_, name = test.partition("[")[0].split("::")
    assert f"def {name}(" in (ROOT / file).read_text(encoding="utf-8")


def test_a_guards_name_is_its_own():
    counts = Counter(guard.name for guard in GUARDS)
    assert [name for name, count in counts.items() if count > 1] == []


@pytest.mark.parametrize("text", ["", "a guard and a guard"])
def test_a_guard_that_is_not_found_once_is_not_removed(tmp_path: Path, text: str):
    (tmp_path / "code.py").write_text(text)

    with pytest.raises(Misplaced, match=r"code\.py"):
        Edit("code.py", "guard", "").apply(tmp_path)

    assert (tmp_path / "code.py").read_text() == text


def test_a_guard_is_removed_in_its_place(tmp_path: Path):
    (tmp_path / "code.py").write_text("before GUARD after")

    Edit("code.py", "GUARD ", "").apply(tmp_path)

    assert (tmp_path / "code.py").read_text() == "before after"


REPORT = """
<testsuites><testsuite>
  <testcase classname="a.test_b" name="test_passes[1]" />
  <testcase classname="a.test_b" name="test_fails"><failure message="x" /></testcase>
  <testcase classname="a.test_b" name="test_changes_something">
    <error message="failed on teardown with &quot;AssertionError&quot;" />
  </testcase>
  <testcase classname="a.test_b" name="test_without_a_fixture">
    <error message="failed on setup with &quot;AssertionError&quot;" />
  </testcase>
  <testcase classname="" name="a.test_c"><error message="collection failure" />
  </testcase>
</testsuite></testsuites>
"""


def test_a_test_that_never_began_is_none_that_fails(tmp_path: Path):
    (tmp_path / "report.xml").write_text(REPORT)

    report = Report.read(tmp_path / "report.xml")

    assert report.passed == ("a.test_b.test_passes[1]",)
    assert report.failed == (
        "a.test_b.test_fails",
        "a.test_b.test_changes_something",
    )
    assert report.broken == ("a.test_b.test_without_a_fixture", ".a.test_c")


def test_no_report_at_all_is_no_test_that_fails(tmp_path: Path):
    report = Report.read(tmp_path / "report.xml")

    assert (report.failed, report.passed) == ((), ())
    assert report.broken


def a_guard() -> Guard:
    place = Place("a.py", "promo_service/tests")
    return place.guard("a", "balance-within-amount", "x", "", "test_a.py::b")


@pytest.mark.parametrize(
    ("caught_by", "trouble", "proven"),
    [(("b",), "", True), ((), "", False), (("b",), "the ordinary way", False)],
)
def test_a_guard_is_proven_by_its_own_tests_alone(caught_by, trouble, proven):
    assert Outcome(a_guard(), caught_by, trouble, 1.0).is_proven is proven
