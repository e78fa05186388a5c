"""Times the same work with systems of several sizes, in turns."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median, quantiles

from bench.processes import read_cpu_seconds
from bench.results import RunFailed
from bench.scale.asking import Talk, Work
from bench.scale.world import World

_WARM_UP_AT_MOST = 5


@dataclass
class Timings:
    """What each timed request took, and a request's CPU time; in milliseconds.

    Both by the size of the system that was asked. Requests of one place were made one
    right after the other.
    """

    work: Work
    taken: dict[int, list[float]] = field(default_factory=dict)
    cpu: dict[int, float] = field(default_factory=dict)

    @property
    def smallest(self) -> int:
        """Return the size that the others are held against."""
        return min(self.taken)

    def median(self, size: int) -> float:
        """Return the median, in milliseconds."""
        return median(self.taken[size])

    def ninety_five(self, size: int) -> float:
        """Return what 95 of a hundred requests did not take longer than."""
        taken = self.taken[size]
        return quantiles(taken, n=20)[-1] if len(taken) > 1 else taken[0]

    def ratio(self, size: int) -> float:
        """Return the latency against that of the smallest system.

        It is the median of the ratios of neighbours: what else the machine has to do
        hits both alike.
        """
        pairs = zip(self.taken[size], self.taken[self.smallest], strict=True)
        return median(large / small for large, small in pairs)

    def ratio_of_cpu(self, size: int) -> float:
        """Return the CPU time of a request against that of the smallest system."""
        return self.cpu[size] / self.cpu[self.smallest]


def measure(work: Work, worlds: Sequence[World]) -> Timings:
    """Return the timings of a work; each size is asked as often as every other.

    Raises RunFailed where an answer is wrong, or nothing was timed.
    """
    timings = Timings(work, {world.promos: [] for world in worlds})
    talks = {world.promos: _Timed(world, work) for world in worlds}
    warm_up = min(_WARM_UP_AT_MOST, work.times // 10)
    for number in range(-warm_up, work.times):
        if number == 0:
            for talk in talks.values():
                talk.restart()
        # None is always asked right after the same other one.
        order = list(talks) if number % 2 else list(talks)[::-1]
        taken = {size: talks[size].take_time() for size in order}
        if None in taken.values():
            break
        if number >= 0:
            for size, milliseconds in taken.items():
                timings.taken[size].append(milliseconds or 0.0)
    if not all(timings.taken.values()):
        raise RunFailed(f"{work.name}: nothing was timed")
    timings.cpu = {size: talk.cpu_a_request() for size, talk in talks.items()}
    return timings


class _Timed:
    """A conversation with a system, of which the timed requests are timed."""

    def __init__(self, world: World, work: Work) -> None:
        self._world = world
        self._times = self._run(work.talk(world))
        self._cpu = 0.0
        self._requests = 0
        self.restart()

    def restart(self) -> None:
        """Forget the CPU time until now."""
        self._cpu, self._requests = self._read_cpu(), 0

    def take_time(self) -> float | None:
        """Return what the next timed request takes; None where there is no more."""
        return next(self._times, None)

    def cpu_a_request(self) -> float:
        """Return the CPU milliseconds of a request."""
        return (self._read_cpu() - self._cpu) / max(self._requests, 1)

    def _read_cpu(self) -> float:
        return sum(read_cpu_seconds(pid) for pid in self._world.pids().values()) * 1000

    def _run(self, talk: Talk) -> Iterator[float]:
        try:
            request = next(talk)
            while True:
                answer = self._world.asker.ask(request)
                self._requests += 1
                if request.timed:
                    yield answer.milliseconds
                request = talk.send(answer)
        except StopIteration:
            return
