"""What clients were told, held against what the databases say."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator

from tests_e2e.faults.journal import Journal, Kind, Operation
from tests_e2e.faults.records import Records
from tests_e2e.faults.world import Change

_KEYED = (Kind.USE, Kind.USE_ALL, Kind.GRANT, Kind.BULK, Kind.REVERSE)
_USES = (Kind.USE, Kind.USE_ALL)
_GRANTS = (Kind.GRANT, Kind.BULK)


def find_wrongs(
    journal: Journal, records: Records, states: dict[str, Change]
) -> Iterator[str]:
    """Yield a sentence for each contradiction; there should be none."""
    yield from journal.faults
    yield from records.broken
    yield from _judge_keys(journal, records)
    yield from _judge_grants(journal, records)
    yield from _judge_uses(journal, records)
    yield from _judge_reversals(journal, records)
    yield from _judge_other_entries(records, states)
    yield from _judge_users(records, states)


def _judge_keys(journal: Journal, records: Records) -> Iterator[str]:
    """Each acknowledged key is stored with its very answer, and no other is."""
    asked = {(each.actor_id, each.key): each for each in journal.of(*_KEYED)}
    for name, operation in asked.items():
        stored = records.keys.get(name)
        if operation.status == 0:
            yield f"never answered: {operation}"
        elif operation.acknowledged and stored is None:
            yield f"acknowledged and lost: {operation}"
        elif operation.refused and stored is not None:
            yield f"refused, and yet it happened: {operation}"
        elif stored is not None and not _is_answer(operation, *stored):
            yield f"answered otherwise than stored: {operation}"
    for name in records.keys.keys() - asked.keys():
        yield f"a key that nobody used: {name}"


def _is_answer(
    operation: Operation, redemption_id: str | None, text: str | None
) -> bool:
    if operation.kind in _USES:
        return bool(operation.answer["id"] == redemption_id)
    return bool(json.loads(text or "null") == operation.answer)


def _judge_grants(journal: Journal, records: Records) -> Iterator[str]:
    """Each promo was granted once, with what was asked for, and no other was."""
    wanted = {
        promo["id"]: promo["promo_amount"]
        for operation in journal.of(*_GRANTS)
        if operation.acknowledged
        for promo in _promos_of(operation)
    }
    granted = Counter(entry[0] for entry in records.entries if entry[1] == "grant")
    amounts = {entry[0]: entry[2] for entry in records.entries if entry[1] == "grant"}
    yield from _compare("grant", wanted, amounts)
    yield from (f"granted {n} times: {promo}" for promo, n in granted.items() if n > 1)
    yield from _compare(
        "promo", dict.fromkeys(wanted, 0), dict.fromkeys(records.held_by, 0)
    )


def _promos_of(operation: Operation) -> list[dict[str, object]]:
    answer = operation.answer
    promos: list[dict[str, object]] = answer.get("results", [answer])
    return promos


def _judge_uses(journal: Journal, records: Records) -> Iterator[str]:
    """Each redemption was asked for once, and its points left the ledger once."""
    wanted = Counter(
        {
            each.answer["id"]: each.body["points"]
            for each in journal.of(*_USES)
            if each.acknowledged
        }
    )
    stored = {key: row[0] for key, row in records.redemptions.items()}
    taken: dict[str, int] = defaultdict(int)
    for _, kind, points, redemption_id in records.entries:
        if kind == "use":
            taken[redemption_id] -= points
    yield from _compare("redemption", wanted, stored)
    yield from _compare("use", wanted, taken)


def _judge_reversals(journal: Journal, records: Records) -> Iterator[str]:
    """Each reversal was asked for once, and what was told is what was given back."""
    asked = [each for each in journal.of(Kind.REVERSE) if each.acknowledged]
    wanted = Counter(each.path.split("/")[4] for each in asked)
    yield from _compare(
        "reversal", wanted, Counter(each[0] for each in records.reversals)
    )
    told: dict[str, int] = defaultdict(int)
    for each in asked:
        redemption_id = each.answer["id"]
        told[redemption_id] = max(told[redemption_id], each.answer["reversed_points"])
    stored = {key: row[1] for key, row in records.redemptions.items() if row[1]}
    yield from _compare("points given back", told, stored)


def _judge_other_entries(records: Records, states: dict[str, Change]) -> Iterator[str]:
    """Nobody adjusted a promo; voided were those of administrators and deleted."""
    for promo_id, kind, points, _ in records.entries:
        state = states.get(records.held_by[promo_id])
        voided = kind == "void" and state is not None and state.voided
        if kind in ("adjust", "void") and not voided:
            yield f"an entry that nobody asked for: {kind} {points} on {promo_id}"


def _judge_users(records: Records, states: dict[str, Change]) -> Iterator[str]:
    """Both databases say the same, and it is what administrators were told."""
    yield from (f"an event was set aside: {event}" for event in records.set_aside)
    yield from _compare("user", records.users, records.holders)
    for user_id, state in states.items():
        user = records.users.get(user_id)
        wanted = (state.name, state.role, state.is_active, state.deleted)
        if user is None or user[3:] != wanted:
            yield f"user {user_id} should be {wanted}, and is {user}"


def _compare(what: str, wanted: object, found: object) -> Iterator[str]:
    """Yield what is missing, what is too much, and what differs."""
    expected, stored = dict(wanted), dict(found)  # type: ignore[call-overload]
    for key in expected.keys() - stored.keys():
        yield f"{what} {key} is missing: {expected[key]}"
    for key in stored.keys() - expected.keys():
        yield f"{what} {key} was not asked for: {stored[key]}"
    for key in expected.keys() & stored.keys():
        if expected[key] != stored[key]:
            yield f"{what} {key} is {stored[key]} instead of {expected[key]}"
