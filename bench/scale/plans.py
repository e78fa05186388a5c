"""How PostgreSQL does what the API asks of it: auto_explain tells of each statement.

So it is the product's own statements that are explained, as they come through the
gateway, and not what somebody took for them.
"""

import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.results import RunFailed
from bench.scale.asking import Request, Work
from bench.scale.world import World
from local.settings import State
from local.system import COMMANDS, SERVICES

_SETTINGS = {
    "auto_explain.log_min_duration": "0",
    "auto_explain.log_analyze": "on",
    "auto_explain.log_buffers": "on",
    "auto_explain.log_wal": "on",
    "auto_explain.log_triggers": "on",
    "auto_explain.log_verbose": "off",
}
# A line of the log that begins something: time, process, user@database.
_BEGINNING = re.compile(
    r"^\d{4}-\d\d-\d\d \S+ UTC \[\d+\] (?P<user>\w+)@\w+ LOG:  duration: "
    r"(?P<milliseconds>[\d.]+) ms  plan:$"
)
_ANY_BEGINNING = re.compile(r"^\d{4}-\d\d-\d\d \S+ UTC \[\d+\]")
_QUIET_SECONDS, _PATIENCE_SECONDS = 0.2, 10.0


@dataclass(frozen=True)
class Plan:
    """A statement of a service, and how it was done."""

    service: str
    milliseconds: float
    text: str


def explain(world: World, works: Sequence[Work]) -> dict[str, tuple[str, list[Plan]]]:
    """Return the request that each work makes, and the plans of its statements.

    Raises RunFailed where none are told of.
    """
    world.run_as_superuser(
        "ALTER SYSTEM SET session_preload_libraries = 'auto_explain'",
        "SELECT pg_reload_conf()",
    )
    # They ask for work all the time, and would be told of, too.
    for command in COMMANDS:
        world.stack.stop_program(command)
    # Sessions that are open have not loaded it.
    for service in SERVICES:
        world.stack.stop_program(service)
        world.stack.start_program(service)
    for name, value in _SETTINGS.items():
        world.run_as_superuser(
            "LOAD 'auto_explain'", f"ALTER SYSTEM SET {name} = '{value}'"
        )
    world.run_as_superuser("SELECT pg_reload_conf()")
    return {work.name: _explain(world, work) for work in works}


def read_log(text: str) -> Iterator[Plan]:
    """Yield the plans that a server's log tells of."""
    head: re.Match[str] | None = None
    lines: list[str] = []
    for line in [*text.splitlines(), "0000-00-00 0 UTC [0] "]:
        if not _ANY_BEGINNING.match(line):
            lines.append(line.removeprefix("\t"))
            continue
        if head is not None:
            plan = "\n".join(lines).rstrip()
            yield Plan(head["user"], float(head["milliseconds"]), plan)
        head, lines = _BEGINNING.match(line), []


def write_plans(
    folder: Path, promos: int, explained: dict[str, tuple[str, list[Plan]]]
) -> None:
    """Write a file a work, with its request and how each statement was done."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, (request, plans) in explained.items():
        parts = [f"{name}\n{request}\nat {promos:,} promos"]
        for number, plan in enumerate(plans, start=1):
            head = (
                f"-- {number} of {len(plans)}: {plan.service}, {plan.milliseconds} ms"
            )
            parts.append(f"{head}\n{plan.text}")
        slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
        text = "\n\n".join(parts) + "\n"
        (folder / f"{slug}.txt").write_text(text, encoding="utf-8")


def _explain(world: World, work: Work) -> tuple[str, list[Plan]]:
    talk = work.talk(world)
    request = next(talk)
    while not request.timed:
        request = talk.send(world.asker.ask(request))
    log = State(world.stack.state_dir).logs / "postgres.log"
    before = _wait_for_end(log, 0)
    world.asker.ask(request)
    _wait_for_end(log, before)
    with log.open("rb") as told:
        told.seek(before)
        plans = list(read_log(told.read().decode(errors="replace")))
    if not plans:
        raise RunFailed(f"{work.name}: PostgreSQL told of no plan")
    return _describe(request), plans


def _wait_for_end(log: Path, before: int) -> int:
    """Return the size of the log once it is larger than before, and stays so."""
    until = time.monotonic() + _PATIENCE_SECONDS
    size = log.stat().st_size
    while time.monotonic() < until:
        time.sleep(_QUIET_SECONDS)
        now = log.stat().st_size
        if now == size and now > before:
            break
        size = now
    return size


def _describe(request: Request) -> str:
    path, _, query = request.path.partition("?")
    shown = re.sub(r"cursor=[^&]+", "cursor=…", query)
    path = re.sub(r"^https?://[^/]+", "", path)
    return f"{request.method} {path}{'?' if shown else ''}{shown}"
