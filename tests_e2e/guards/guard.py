"""What a guard is: where it stands, how it is taken out, and which tests miss it."""

from dataclasses import dataclass
from pathlib import Path

from local.testing import SUITES, Suite


class Misplaced(Exception):
    """A guard whose text is not found exactly once: the catalogue is out of date."""


@dataclass(frozen=True)
class Edit:
    """A text of a file, which occurs once, and what takes its place."""

    file: str
    find: str
    replacement: str = ""

    def check(self, root: Path) -> None:
        """Raise Misplaced unless the text is there exactly once."""
        found = (root / self.file).read_text(encoding="utf-8").count(self.find)
        if found != 1:
            raise Misplaced(f"{self.file} holds this {found} times: {self.find!r}")

    def apply(self, root: Path) -> None:
        """Put the replacement into the file. Raises Misplaced."""
        self.check(root)
        path = root / self.file
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace(self.find, self.replacement), encoding="utf-8")


@dataclass(frozen=True, kw_only=True)
class Guard:
    """One guard, the promise that it serves, and what must fail without it.

    `tests` are pytest's ids below the folder of the suite, as in
    `test_using.py::test_an_expired_promo_is_refused`; one that fails is enough.
    """

    name: str
    serves: str
    edits: tuple[Edit, ...]
    suite: str
    tests: tuple[str, ...]

    @property
    def ids(self) -> tuple[str, ...]:
        """The tests as pytest takes them, from the top of the checkout."""
        return tuple(f"{self.suite}/{test}" for test in self.tests)


@dataclass(frozen=True)
class Place:
    """Where guards stand together: a file, and the suite that watches over it."""

    file: str
    suite: str

    def guard(
        self,
        name: str,
        serves: str,
        find: str,
        replacement: str,
        *tests: str,
        also: tuple[Edit, ...] = (),
    ) -> Guard:
        """Return a guard of this file; `also` goes with it where one edit leaves it."""
        edits = (Edit(self.file, find, replacement), *also)
        return Guard(
            name=name, serves=serves, edits=edits, suite=self.suite, tests=tests
        )


# Without any one guard these still pass: what is removed is the guard alone.
STILL_WORKS: dict[str, tuple[str, ...]] = {
    "promo_service/tests": (
        "test_using.py::test_a_use_takes_its_points_and_is_told_what_is_left",
        "test_modifying.py::TestModifyPromo::test_a_changed_amount_moves_what_is_left_by_an_entry",
        "test_bulk_granting.py::test_every_row_is_granted_in_the_order_of_the_request",
    ),
    "auth_service/tests": (
        "test_logging_in.py::test_the_name_is_compared_without_case",
        "test_sessions.py::test_a_refresh_spends_the_old_token_and_gives_new_ones",
        "test_me.py::test_what_the_patch_names_changes_and_the_rest_stays",
    ),
    "chassis/tests": (
        "test_strict_json.py::test_what_is_json_is_read",
        "test_serializers.py::test_what_fits_is_read",
    ),
    "tests_e2e/gateway": (
        "test_client.py::test_what_the_api_reads_is_passed_on_as_it_came",
    ),
}


def suite_of(folder: str) -> Suite:
    """Return how the tests of a folder are run."""
    return next(suite for suite in SUITES if (suite.choose([folder])))
