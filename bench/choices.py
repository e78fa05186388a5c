"""What whoever measures may choose, by environment variables."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from bench.loads import LOADS, Load
from local.console import Refusal

# Fewer are for a look; what is kept is of so many at least.
ENOUGH_ROUNDS = 5
# Many and short: how fast a shared machine is changes within seconds.
_ROUNDS, _SECONDS = 15, 2


@dataclass(frozen=True)
class Choices:
    """How often, how long, which loads, and whose (wrk's or k6's)."""

    rounds: int
    seconds: int
    loads: tuple[Load, ...]
    generator: str = ""

    @property
    def are_complete(self) -> bool:
        """Tell whether what is measured is all that is claimed."""
        return self.rounds >= ENOUGH_ROUNDS and self.loads == tuple(LOADS.values())

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ) -> "Choices":
        """Return the choices of an environment; raises Refusal for what can't be."""
        return cls(
            rounds=_read_number(environment, "ROUNDS", _ROUNDS),
            seconds=_read_number(environment, "SECONDS", _SECONDS),
            loads=_read_loads(environment.get("ONLY") or ""),
            generator=environment.get("GENERATOR") or "",
        )


def _read_number(environment: Mapping[str, str], name: str, default: int) -> int:
    text = environment.get(name) or str(default)
    if text.isascii() and text.isdigit() and int(text):
        return int(text)
    raise Refusal(f"{name} is {text!r}, and should be a number: {name}={default}")


def _read_loads(text: str) -> tuple[Load, ...]:
    chosen = text.replace(",", " ").split()
    if unknown := set(chosen) - set(LOADS):
        raise Refusal(
            f"ONLY names {min(unknown)!r}; the loads are {', '.join(LOADS)}: "
            "ONLY=use,points make bench"
        )
    return tuple(LOADS[name] for name in LOADS if not chosen or name in chosen)
