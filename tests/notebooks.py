"""The labs, docs/labs/*.py, as their tests run and read them."""

import re
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt
import pytest

from scaling_core.book import show as notebook

LABS = Path(__file__).parents[1] / "docs" / "labs"
SOLUTION = re.compile(r"<details.*?```python\n(.*?)```\n\n```text\n(.*?)```", re.DOTALL)

type Ran = tuple[dict[str, Any], str, list[tuple[str, str, str]]]


class Lab:
    """A lab: its text, its prose without comment signs, its (code, output) of each solution."""

    def __init__(self, name: str) -> None:
        self.path = LABS / f"{name}.py"
        self.source = self.path.read_text(encoding="utf-8")
        lines = self.source.splitlines()
        self.code = "\n".join(line for line in lines if not line.startswith("#"))
        self.prose = "\n".join(line[2:] for line in lines if line.startswith("#"))
        self.solutions = SOLUTION.findall(self.prose)

    def run(self, source: str = "", **names: Any) -> Ran:
        """Names, printed text and figures (id, alt, caption) of one run of the code."""
        figures, printed = [], []
        with pytest.MonkeyPatch.context() as patch, mpl.rc_context():
            patch.setattr(
                notebook, "show", lambda name, alt, caption: figures.append((name, alt, caption))
            )
            names |= printing(printed)
            exec(compile(source or self.source, str(self.path), "exec"), names)
        plt.close("all")
        return names, "".join(printed), figures

    def solved(self, number: int, names: dict[str, Any]) -> str:
        """What the code of a solution prints after a run that left these names."""
        printed: list[str] = []
        exec(self.solutions[number][0], names | printing(printed))
        return "".join(printed)


def printing(printed: list[str]) -> dict[str, Any]:
    """A `print` that keeps what it is given."""

    def keep(*texts: Any, end: str = "\n", sep: str = " ") -> None:
        printed.append(sep.join(map(str, texts)) + end)

    return {"print": keep}
