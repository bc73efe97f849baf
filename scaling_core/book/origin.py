"""A checked number may not be a literal: it must come out of a computation.

`[28.9B]{= 28.9e9 }` and `print("29.4B")` would agree with the page for ever, whatever the library
says. So this module follows literals through the assignments of a page: an expression is *literal*
if it is made of constants, of names that hold literals, and of calls that only format or hold.
Arithmetic on the page, a call of any other function and every imported name end the chain.

A given (`C = 1e23`) may be shown if the page also computes with it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from doctest import DocTestParser

from scaling_core.book.execute import steps
from scaling_core.book.scan import Block, Page, Value

# calls that give back what they are given, as text or in another holder
OURS = {"human", "tex", "usd", "percent"}
FORMATTERS = OURS | {
    *("abs", "array", "asarray", "Decimal", "dict", "enumerate", "eval", "float", "float32"),
    *("float64", "format", "Fraction", "int", "list", "max", "min", "repr", "reversed", "round"),
    *("set", "SimpleNamespace", "sorted", "str", "tuple", "zip"),
}
NUMBER = re.compile(r"\s*[~≈+−$-]*\d[\d.,]*\s*(?:[KMBTkmbt%x]|[eE][+-]?\d+)?\s*")
RESULT = re.compile(r"\d[\d,]*(?:\.\d|\s?%|\s?[KMBT]\b|[eE][+-]?\d)")  # in a text: no year, no 6ND
PLACEHOLDER = re.compile(r"\{[^{}]*\}|%[-+ 0-9.]*[a-zA-Z]")  # of str.format and of the % operator
ADVICE = "compute it from scaling_core, so that it can be wrong"
PARTS = (ast.Attribute, ast.Subscript, ast.Slice, ast.Starred, ast.UnaryOp, ast.FormattedValue)
HOLDERS = (*PARTS, ast.JoinedStr, ast.Tuple, ast.List, ast.Set, ast.Dict, ast.IfExp)

MODULES = {"np", "numpy", "math", "units", "scaling_core"}  # whose functions format or hold

Literals = dict[str, bool]  # name that holds a literal -> does it show a number?


def check_origins(page: Page) -> None:
    """Add a problem to the page for each checked number that is only a literal."""
    trees = {id(block): _parse(block) for block in page.blocks if block.runs}
    values = {id(value): ast.parse(value.expression, mode="eval").body for value in page.values}
    code = [tree for pieces in trees.values() for _, tree in pieces]
    follow = _Follow(page, _names_computed_with([*code, *values.values()]))
    for step in steps(page):
        if isinstance(step, Value):
            value = values[id(step)]
            if follow.only_literal(value) or _bare_numbers(value):
                page.complain(step.line, f"{step.expression!r} is a literal: {ADVICE}")
        else:
            for offset, tree in trees[id(step)]:
                follow.line = step.first + offset
                follow.body(tree.body, shows=step.language == "pycon")


def _parse(block: Block) -> list[tuple[int, ast.Module]]:
    """Pieces of a block's code that run at once, each with the line before it."""
    pieces = [(0, block.code)]
    try:
        if block.language == "pycon":
            examples = DocTestParser().get_examples(block.code)
            pieces = [(example.lineno, example.source) for example in examples]
        return [(line, ast.parse(source)) for line, source in pieces]
    except (SyntaxError, ValueError):
        return []  # scanning or running it will say so, with the line


def _names_computed_with(trees: Iterable[ast.AST]) -> set[str]:
    """Names that some calculation on the page uses: arithmetic or a call that is no formatter."""
    used: set[str] = set()
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.BinOp) and not _changes_nothing(node):
                used |= _names(node)
            elif isinstance(node, ast.Call) and not _formats(node) and not _prints(node):
                for argument in [*node.args, *(k.value for k in node.keywords)]:
                    used |= _names(argument)
    return used


class _Follow:
    """Walks statements in order and knows which names hold a literal."""

    def __init__(self, page: Page, used: set[str]) -> None:
        self.page, self.used, self.line = page, used, 0
        self.literals: Literals = {}

    def only_literal(self, node: ast.expr) -> bool:
        """True if this shown number is a literal, and no given that the page computes with."""
        if not _literal(node, self.literals) or not _digits(node, self.literals):
            return False
        names = _names(node) - FORMATTERS
        return not (names and names <= self.used)

    def body(self, statements: list[ast.stmt], *, shows: bool = False) -> None:
        """Follow statements; `shows` if a bare expression shows its value, as in a console."""
        for statement in statements:
            self.statement(statement, shows)

    def statement(self, statement: ast.stmt, shows: bool) -> None:
        inner = [getattr(statement, name, []) for name in ("body", "orelse", "finalbody")]
        inner += [handler.body for handler in getattr(statement, "handlers", [])]
        inner += [case.body for case in getattr(statement, "cases", [])]
        if isinstance(statement, ast.FunctionDef | ast.ClassDef):
            self.definition(statement)
        elif any(inner):
            if isinstance(statement, ast.For):
                self.bind(statement.target, statement.iter)
            self.branches([branch for branch in inner if branch])
        else:
            self.simple(statement, shows)

    def simple(self, statement: ast.stmt, shows: bool) -> None:
        for node in ast.walk(statement):
            if isinstance(node, ast.Call) and _prints(node):
                self.printed(node)
        if isinstance(statement, ast.Assign):
            for target in statement.targets:
                self.bind(target, statement.value)
        elif isinstance(statement, ast.AnnAssign) and statement.value:
            self.bind(statement.target, statement.value)
        elif isinstance(statement, ast.AugAssign):  # adding to a text joins, the rest computes
            joins = _is_text(statement.value)
            self.change(statement.target, [statement.value] if joins else None)
        elif isinstance(statement, ast.Import | ast.ImportFrom):
            for alias in statement.names:
                self.literals.pop(alias.asname or alias.name, None)
        elif isinstance(statement, ast.Expr):
            call = statement.value
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
                arguments = [*call.args, *(k.value for k in call.keywords)]
                self.change(call.func, arguments)  # rows.append(...)
            # an example of a formatter shows what it makes of a number
            if shows and self.only_literal(call) and not _names(call) & OURS:
                self.complain(call, "is a literal")

    def branches(self, bodies: list[list[ast.stmt]]) -> None:
        """A name is literal after branches if it is so after each."""
        before, after = dict(self.literals), []
        for body in bodies:
            self.literals = dict(before)
            self.body(body)
            after.append(self.literals)
        self.literals = {
            name: any(each[name] for each in after)
            for name in after[0]
            if all(name in each for each in after)
        }

    def definition(self, statement: ast.FunctionDef | ast.ClassDef) -> None:
        """A function that returns a literal, or a class of literals, is one."""
        outside = dict(self.literals)
        if isinstance(statement, ast.FunctionDef):
            for argument in ast.walk(statement.args):
                if isinstance(argument, ast.arg):
                    self.literals.pop(argument.arg, None)
            self.body(statement.body)
            given = [n.value for n in ast.walk(statement) if isinstance(n, ast.Return) and n.value]
        else:
            self.body(statement.body)
            sets = [n for n in statement.body if isinstance(n, ast.Assign | ast.AnnAssign)]
            given = [n.value for n in sets if n.value and len(sets) == len(statement.body)]
        inside, self.literals = self.literals, outside
        self.literals.pop(statement.name, None)
        if given and all(_literal(value, inside) for value in given):
            self.literals[statement.name] = any(_digits(value, inside) for value in given)

    def printed(self, call: ast.Call) -> None:
        """A call of print: nothing but literals, or one number among its arguments."""
        bare = [shown for shown in call.args if _is_number(shown) or _bare_numbers(shown)]
        if bare or self.only_literal(ast.Tuple(elts=call.args, ctx=ast.Load())):
            self.complain(bare[0] if bare else call, "prints a literal")

    def complain(self, node: ast.expr, what: str) -> None:
        self.page.complain(self.line + node.lineno, f"{ast.unparse(node)} {what}: {ADVICE}")

    def bind(self, target: ast.expr, value: ast.expr) -> None:
        literal, digits = _literal(value, self.literals), _digits(value, self.literals)
        if not isinstance(target, ast.Name | ast.Tuple | ast.List | ast.Starred):
            self.change(target, [value])  # fit["E"] = ..., fit.E = ...
            return
        for name in _names(target):
            self.literals.pop(name, None)
            if literal:
                self.literals[name] = digits

    def change(self, target: ast.expr, values: list[ast.expr] | None) -> None:
        """A holder stays literal as long as all that is put in is; None is a calculation."""
        while isinstance(target, ast.Attribute | ast.Subscript):
            target = target.value
        if isinstance(target, ast.Name) and target.id in self.literals:
            if values is None or not all(_literal(value, self.literals) for value in values):
                del self.literals[target.id]
            else:
                self.literals[target.id] |= any(_digits(v, self.literals) for v in values)


def _names(node: ast.AST) -> set[str]:
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}


def _bare_numbers(node: ast.expr) -> bool:
    """True if an f-string formats a number that stands in it."""
    return any(isinstance(n, ast.FormattedValue) and _is_number(n.value) for n in ast.walk(node))


def _is_number(node: ast.expr) -> bool:
    if not isinstance(node, ast.Constant) or isinstance(node.value, bool):
        return False
    return bool(NUMBER.fullmatch(str(node.value)))


def _prints(call: ast.Call) -> bool:
    return ast.unparse(call.func) in ("print", "sys.stdout.write")


def _formats(call: ast.Call) -> bool:
    """True for human(x), units.human(x), np.array(x), "{}".format(x), ", ".join(x)."""
    if isinstance(call.func, ast.Attribute):
        text = isinstance(call.func.value, ast.Constant | ast.JoinedStr)
        return text or call.func.attr in FORMATTERS
    return isinstance(call.func, ast.Name) and call.func.id in FORMATTERS


def _changes_nothing(node: ast.BinOp) -> bool:
    """True for x * 1, x / 1, x ** 1, 1 * x, x + 0, x - 0, 0 + x."""
    same = {ast.Mult: 1, ast.Div: 1, ast.Pow: 1, ast.Add: 0, ast.Sub: 0}.get(type(node.op))
    sides = [node.right, node.left] if isinstance(node.op, ast.Mult | ast.Add) else [node.right]
    return any(isinstance(side, ast.Constant) and side.value == same for side in sides)


def _literal(node: ast.AST, literals: Literals) -> bool:
    """True if this expression is made of constants, names of literals and formatting alone."""
    if isinstance(node, ast.Constant):
        return True
    if isinstance(node, ast.Name):
        return node.id in literals
    if isinstance(node, ast.Lambda | ast.NamedExpr):
        return _literal(node.body if isinstance(node, ast.Lambda) else node.value, literals)
    if isinstance(node, ast.BinOp):  # adding or multiplying numbers is a calculation, joining not
        sides = (node.left, node.right)
        if not (_changes_nothing(node) or any(_is_text(side) for side in sides)):
            return False
        return all(_literal(side, literals) for side in sides)
    if isinstance(node, ast.Call):
        values = [*node.args, *(k.value for k in node.keywords)]
        method = isinstance(node.func, ast.Attribute) and _literal(node.func.value, literals)
        if isinstance(node.func, ast.Attribute) and ast.unparse(node.func.value) not in MODULES:
            values.append(node.func.value)  # x.round(2) shows x, np.round(x, 2) does too
        held = isinstance(node.func, ast.Name) and node.func.id in literals
        known = _formats(node) or method or held or isinstance(node.func, ast.Lambda)
        return known and all(_literal(value, literals) for value in values)
    if isinstance(node, HOLDERS):
        children = [c for c in ast.iter_child_nodes(node) if isinstance(c, ast.expr)]
        return all(_literal(child, literals) for child in children)
    return False


def _digits(node: ast.AST, literals: Literals) -> bool:
    """True if a literal shows a number; widths and counts of repetition are none."""
    if isinstance(node, ast.Constant):
        number = isinstance(node.value, int | float) and not isinstance(node.value, bool)
        text = PLACEHOLDER.sub("", node.value) if isinstance(node.value, str) else ""
        return number or bool(NUMBER.fullmatch(text) or RESULT.search(text))
    if isinstance(node, ast.Name):
        return literals.get(node.id, False)
    if isinstance(node, ast.FormattedValue):
        return _digits(node.value, literals)
    parts = [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        parts = [part for part in parts if _is_text(part)] or parts
    if isinstance(node, ast.Call):
        parts += [keyword.value for keyword in node.keywords]
        if isinstance(node.func, ast.Attribute) and node.func.attr in ("ljust", "rjust", "center"):
            parts = [node.func.value]
    if isinstance(node, ast.Subscript) and _is_number(node.slice):
        parts = [node.value]
    return any(_digits(part, literals) for part in parts)


def _is_text(node: ast.expr) -> bool:
    constant = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return constant or isinstance(node, ast.JoinedStr)
