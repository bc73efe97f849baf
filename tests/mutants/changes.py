"""The wrong changes: what could have been typed instead, found in the syntax tree of a module."""

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, get_args

from scaling_core._check import Domain

ANY = "real or inf"  # the domain that refuses no number but NaN
DOMAINS = set(get_args(Domain)) - {ANY}
CHECKS = {"check", "check_scalar"}
OPERATORS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.USub: ast.UAdd,
}
# the order does not matter, or any test would see it: such changes would only flatter the score
NO_SWAP = {"maximum", "minimum", "max", "min", "hypot", "isclose", "broadcast_arrays", "isinstance"}
CONSTANT_OF = {"str": "", "bool": True}


@dataclass(frozen=True)
class Change:
    """One wrong change of one place; `apply` makes it in the tree in which it was found."""

    line: int
    column: int
    kind: str
    before: str
    after: str
    apply: Callable[[], None]

    @property
    def text(self) -> str:
        return f"{self.kind}: {self.before} -> {self.after}"


def changes(tree: ast.Module, source: str) -> list[Change]:
    """Every change of the module, in the order of its lines."""
    lines = source.encode().splitlines(keepends=True)
    found = [change for slot in _slots(tree) for change in _at(slot, lines)]
    return sorted(found, key=lambda change: (change.line, change.column, change.text))


@dataclass(frozen=True)
class Slot:
    """A node and its place in its parent."""

    node: Any
    parent: ast.AST
    field: str
    index: int | None
    within: tuple[ast.AST, ...]  # outermost first

    def put(self, new: Any) -> None:
        if isinstance(new, ast.AST) and hasattr(self.node, "lineno"):
            ast.copy_location(new, self.node)
        if self.index is None:
            setattr(self.parent, self.field, new)
        else:
            getattr(self.parent, self.field)[self.index] = new


def _slots(parent: ast.AST, within: tuple[ast.AST, ...] = ()) -> Iterator[Slot]:
    inside = (*within, parent)
    for field, value in ast.iter_fields(parent):
        if field in ("annotation", "returns", "decorator_list", "type_params", "format_spec"):
            continue
        children = value if isinstance(value, list) else [value]
        for index, node in enumerate(children):
            if isinstance(node, ast.AST) and not isinstance(node, ast.TypeAlias):
                yield Slot(node, parent, field, index if isinstance(value, list) else None, inside)
                yield from _slots(node, inside)


def _at(slot: Slot, lines: list[bytes]) -> Iterator[Change]:
    node = slot.node
    where = node if hasattr(node, "lineno") else slot.parent
    if not hasattr(where, "lineno"):
        return
    shown = _shown(where, lines)

    def change(kind: str, after: str, apply: Callable[[], None]) -> Change:
        before = shown if len(shown) < 60 else shown[:57] + "..."
        short = after if len(after) < 60 else after[:57] + "..."
        return Change(where.lineno, where.col_offset, kind, before, short, apply)

    def put(kind: str, new: ast.AST, after: str = "") -> Change:
        return change(kind, after or ast.unparse(new), lambda: slot.put(new))

    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        for text in _neighbours(shown):
            yield put("number", ast.parse(text, mode="eval").body, text)
    elif isinstance(node, ast.Constant) and node.value in DOMAINS and _is_domain(slot):
        yield put("domain", ast.Constant(ANY))
    elif type(node) in OPERATORS and not _on_text(slot):
        new = OPERATORS[type(node)]()
        after = f"{type(node).__name__} as {type(new).__name__}"
        yield change("operator", after, lambda: slot.put(new))
    elif isinstance(node, ast.Call):
        yield from _calls(node, put)
    elif isinstance(node, ast.Raise):
        yield put("no error", ast.Pass())
    elif isinstance(node, ast.Expr) and "check" in _called(node.value):
        yield put("no check", ast.Pass())
    elif isinstance(node, ast.Return) and node.value and not isinstance(node.value, ast.Constant):
        constant = ast.Return(ast.Constant(_constant(slot)))
        yield put("answer", constant)
    if _is_condition(slot):
        yield put("condition", ast.UnaryOp(ast.Not(), node))


def _shown(node: Any, lines: list[bytes]) -> str:
    """The node's source on one line; ast.get_source_segment splits the whole file at each call."""
    part = lines[node.lineno - 1 : node.end_lineno]
    part[-1] = part[-1][: node.end_col_offset]
    part[0] = part[0][node.col_offset :]
    return " ".join(b"".join(part).decode().split())


def _neighbours(text: str) -> Iterator[str]:
    """The number with its last printed digit one up and one down: 0.3478 as 0.3479, 6e3 as 5e3."""
    match = re.fullmatch(r"([\d_]*\.?[\d_]*)((?:e[+-]?\d+)?)", text.lower())
    if match is None:
        return  # hexadecimal or complex
    number = Decimal(match[1].replace("_", ""))
    step = Decimal(1).scaleb(int(number.as_tuple().exponent))
    point = "." if match[1].endswith(".") else ""
    for new in (number + step, number - step):
        other = f"{new:f}{point}{match[2]}"
        if float(other) != float(text):  # the 17th digit may say nothing
            yield other


def _is_domain(slot: Slot) -> bool:
    """Does a domain stand in a table of fields? One in a call of `check` belongs to the call."""
    return isinstance(slot.parent, ast.Dict) and slot.field == "values"


def _on_text(slot: Slot) -> bool:
    """Is the operator between texts or lists (an error at once), or in the words of an error?"""
    parts = [getattr(slot.parent, name, None) for name in ("left", "right")]
    texts = (ast.JoinedStr, ast.List, ast.Tuple, ast.Dict, ast.Set)
    text = any(
        isinstance(p, texts) or (isinstance(p, ast.Constant) and isinstance(p.value, str))
        for p in parts
    )
    return text or any(isinstance(outer, ast.Raise) for outer in slot.within)


def _calls(call: ast.Call, put: Callable[..., Change]) -> Iterator[Change]:
    name, arguments = _called(call), call.args
    if name in CHECKS and len(arguments) >= 2:
        domain = arguments[2] if len(arguments) > 2 else ast.Constant("positive")
        if not isinstance(domain, ast.Constant) or domain.value != ANY:
            yield put("domain", ast.Call(call.func, [*arguments[:2], ast.Constant(ANY)], []))
    elif name == "check_count" and len(arguments) >= 2:
        yield put("no check", ast.Call(ast.Name("int", ast.Load()), [arguments[1]], []))
    elif name == "columns":
        yield put("domain", ast.Call(call.func, [ast.Constant(ANY)], call.keywords))
    elif name not in NO_SWAP and not any(isinstance(a, ast.Starred) for a in arguments):
        for i in range(len(arguments) - 1):
            first, second = arguments[i : i + 2]
            if ast.dump(first) == ast.dump(second) or _is_text(first) or _is_text(second):
                continue
            swapped = [*arguments[:i], second, first, *arguments[i + 2 :]]
            yield put("swapped", ast.Call(call.func, swapped, call.keywords))


def _called(node: ast.AST) -> str:
    function = node.func if isinstance(node, ast.Call) else None
    return str(getattr(function, "id", None) or getattr(function, "attr", ""))


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


def _is_condition(slot: Slot) -> bool:
    if slot.field == "ifs":
        return isinstance(slot.parent, ast.comprehension)
    tested = ast.If | ast.IfExp | ast.While | ast.Assert
    return slot.field == "test" and isinstance(slot.parent, tested)


def _constant(slot: Slot) -> object:
    """What the function might return by mistake: 1.0, or a text or a bool where it says so."""
    functions = [f for f in slot.within if isinstance(f, ast.FunctionDef)]
    returns = functions[-1].returns if functions else None
    return CONSTANT_OF.get(getattr(returns, "id", ""), 1.0)
