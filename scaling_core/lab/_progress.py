"""How far a sweep is: a bar on a terminal, a line per finished run anywhere else."""

import sys
import time
from dataclasses import dataclass, field
from shutil import get_terminal_size

from scaling_core.lab.config import RunConfig, seconds_estimate
from scaling_core.lab.runs import Run

WIDTH = 24  # characters of the bar


@dataclass(frozen=True)
class State:
    """What a sweep tells whoever watches it.

    done, total  # runs that are in the file, and runs of the plan
    share        # of the estimated compute of the plan, in [0, 1]
    left         # seconds that the rest will take, judged by what was done so far
    last         # what has just ended, None if only time has passed
    error        # why it has failed; empty if it has not
    """

    done: int
    total: int
    share: float
    left: float
    last: RunConfig | None = None
    run: Run | None = None
    error: str = ""


@dataclass
class Tally:
    """The account of a sweep: costs are shares of the estimate, seconds are measured."""

    total: int
    done: int
    seconds: float  # estimated, of the whole plan
    seconds_done: float  # estimated, of what is in the file
    workers: int
    _missing: float = 0.0  # estimated, of what this sweep has to do
    _finished: float = 0.0  # estimated, of what this sweep has done
    _measured: float = 0.0  # measured, of the same
    _start: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self._missing = self.seconds - self.seconds_done

    def count(self, config: RunConfig, wall: float, run: Run | None, error: str = "") -> State:
        """A run has ended after `wall` seconds, with a row or with an error."""
        estimate = seconds_estimate(config)
        self.seconds_done += estimate
        self._finished += estimate
        self._measured += wall
        self.done += run is not None
        return self.state(config, run, error)

    def state(
        self, last: RunConfig | None = None, run: Run | None = None, error: str = ""
    ) -> State:
        """How far the sweep is now."""
        slower = self._measured / self._finished if self._finished else 1.0  # than estimated
        whole = slower * self._missing / self.workers
        left = max(0.0, whole - (time.monotonic() - self._start))
        share = min(1.0, self.seconds_done / self.seconds) if self.seconds else 1.0
        return State(self.done, self.total, share, left, last, run, error)


class Bar:
    """Draws a State on stderr; remembers the last one in `state`."""

    def __init__(self) -> None:
        self.state: State | None = None
        self._watched = sys.stderr is not None and sys.stderr.isatty()
        self._drawn, self._shown = False, ""

    def __call__(self, state: State) -> None:
        """Shows how far the sweep is."""
        self.state = state
        head = f"{state.done}/{state.total} runs"
        time_left = f"{clock(state.left)} left"
        news = _news(state)
        if state.error:
            self.clear()
            _write(f"failed: {news}\n")
        elif not self._watched and state.last is not None:
            _write(f"{head}, {state.share:.0%} of the compute, {time_left}: {news}\n")
        if self._watched:
            filled = "#" * round(WIDTH * state.share)
            self._shown = news or self._shown
            line = f"[{filled:{WIDTH}}] {state.share:4.0%} {head}, {time_left}  {self._shown}"
            _write("\r\x1b[K" + line[: get_terminal_size().columns - 1])
            self._drawn = True

    def clear(self) -> None:
        """Takes the bar off the terminal."""
        if self._drawn:
            _write("\r\x1b[K")
            self._drawn = False


def clock(seconds: float) -> str:
    """Seconds for people: 8 s, 3 min 20 s, 2 h 5 min."""
    whole = round(seconds)
    if whole < 100:
        return f"{whole} s"
    if whole < 6000:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def described(config: RunConfig) -> str:
    """A run in few words."""
    return f"{config.group} d={config.d} D={config.tokens} lr={config.lr:.3g} seed={config.seed}"


def _news(state: State) -> str:
    if state.last is None:
        return ""
    if state.run is None:
        return f"{described(state.last)}: {state.error}"
    loss = f"loss {state.run.loss:.4f}" if state.run.status == "ok" else state.run.status
    return f"{described(state.last)}: {loss}"


def _write(text: str) -> None:
    if sys.stderr is not None:
        sys.stderr.write(text)
        sys.stderr.flush()
