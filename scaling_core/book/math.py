"""LaTeX to MathML at build: Temml (https://temml.org) in an embedded V8, cached by content."""

import atexit
import hashlib
import html
import json
import unicodedata
from functools import cache
from pathlib import Path

from py_mini_racer import MiniRacer

from scaling_core.book.source import write_atomically

VENDOR = Path(__file__).parent / "vendor"
CACHE = Path(__file__).resolve().parents[2] / ".cache" / "math"

# JSON text goes in and out: other values come back as proxies. A Temml warning is an error here.
# strict refuses what LaTeX refuses (an accented letter in a formula); a macro ends with its call.
WRAPPER = """
const console = { log(text) { throw new Error(text) }, warn(text) { throw new Error(text) } };
function render(request) {
  const { latex, display } = JSON.parse(request);
  const options = { displayMode: display, annotate: false, xml: false, wrap: "none",
                    throwOnError: true, strict: true, trust: false };
  try { return JSON.stringify({ mathml: temml.renderToString(latex, options) }) }
  catch (error) { return JSON.stringify({ reason: String(error.message) }) }
}
"""

_engines: list[MiniRacer] = []  # at most one


@cache
def render(latex: str, display: bool = False) -> str:
    r"""MathML of one formula, without dollar signs; `display` sets it large, on its own line.

    Raises ValueError with the formula and Temml's reason when the LaTeX is wrong.
    The caller wraps display math; the same input always gives the same string.

    >>> render(r"\alpha + 0.5")
    '<math translate="no"><mrow><mi>\u03b1</mi><mo>+</mo><mn>0.5</mn></mrow></math>'
    """
    latex = latex.strip()
    if not latex:
        raise ValueError("LaTeX formula is empty, expected something between the dollar signs")
    key = hashlib.sha256(json.dumps([_engine_hash(), display, latex]).encode()).hexdigest()
    path = CACHE / f"{key}.html"
    if path.exists():
        return path.read_text(encoding="utf-8")
    mathml = _typeset(latex, display)
    write_atomically(path, mathml)
    return mathml


@atexit.register
def close() -> None:
    """Stops the engine, if one runs: an open one would keep the interpreter from ending."""
    while _engines:
        _engines.pop().close()


def _typeset(latex: str, display: bool) -> str:
    if not _engines:
        engine = MiniRacer()
        _engines.append(engine)
        engine.eval(_temml())
        engine.eval(WRAPPER)
    request = json.dumps({"latex": latex, "display": display})
    answer = json.loads(_engines[0].call("render", request, timeout_sec=5))
    if "reason" in answer:
        raise ValueError(f"LaTeX formula ${latex}$: {_plain(answer['reason'])}")
    # translate: machine translation must not touch letters that are names of quantities
    return str(answer["mathml"]).replace("<math", '<math translate="no"', 1)


def _plain(reason: str) -> str:
    """Temml's message on one line, without the combining lines it draws under the bad spot."""
    text = "".join(char for char in reason if not unicodedata.combining(char))
    return " ".join(html.unescape(text).split())


@cache
def _temml() -> str:
    return (VENDOR / "temml.min.js").read_text(encoding="utf-8")


@cache
def _engine_hash() -> str:
    """Changes with Temml or with its options, so that an upgrade never serves old MathML."""
    return hashlib.sha256((_temml() + WRAPPER).encode()).hexdigest()
