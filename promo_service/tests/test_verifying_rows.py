"""`verify_ledger` names each row that can't be, by the rule that it breaks.

All guards of the database are lifted first, so that rows alone are judged.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import transaction

from chassis.roles import Role
from promo_service.tests.conftest import person, store_holder
from promo_service.tests.planting import (
    History,
    execute,
    find,
    lift_guards,
    make_history,
)

pytestmark = pytest.mark.django_db

_LINES = Path(__file__).with_name("wrong_rows.txt").read_text().splitlines()[1:]
WRONG_ROWS = list(zip(_LINES[::2], _LINES[1::2], strict=True))


@pytest.fixture(scope="module")
def history(django_db_setup, django_db_blocker) -> Iterator[History]:
    """One history for all of them: each test takes back what it did."""
    with django_db_blocker.unblock(), transaction.atomic():
        owner, stranger = person(Role.NORMAL), person(Role.NORMAL)
        store_holder(owner.id, username="owner")
        store_holder(stranger.id, username="stranger")
        made = make_history(owner, person(Role.ADMINISTRATOR), stranger)
        # All of it happened after the flag's migration.
        execute(["UPDATE django_migrations SET applied = applied - interval '9 days'"])
        assert find() == [], "nothing is wrong, and nothing is named"
        lift_guards()
        yield made
        transaction.set_rollback(True)


@pytest.mark.parametrize(
    ("change", "rules"), [pytest.param(*row, id=row[0]) for row in WRONG_ROWS]
)
def test_a_row_that_can_not_be_is_named(history, change, rules):
    with transaction.atomic():
        execute([history.name(change)])

        found = find(guards=False)

        transaction.set_rollback(True)
    named = {each.partition("  ")[0] for each in found}
    assert named == set(rules.split()), "\n".join(found)
    assert not any("is nothing, should be nothing" in each for each in found)
