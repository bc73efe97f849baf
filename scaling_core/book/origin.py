"""A checked number may not be a literal: it must come out of a computation.

`[28.9B]{= 28.9e9 }` and `print("29.4B")` would agree with the page for ever, whatever the library
says. So this module follows literals through the assignments of a page: an expression is *literal*
if it is made of constants, of names that hold literals, and of calls that only format. Arithmetic
on the page, a call of any other function and every imported name end the chain.

A given (`C = 1e23`) may be shown if the page also computes with it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from doctest import DocTestParser

from scaling_core.book.execute import steps
from scaling_core.book.scan import Block, Page, Value

FORMATTERS = {"human", "tex", "usd", "percent", "round", "str", "float", "int", "repr", "format"}
NUMBER = re.compile(r"\s*[\d.,]+\s*([KMBT%]|e[+-]?\d+)?\s*")


def check_origins(page: Page) -> None:
    """Add a problem to the page for each checked number that is only a literal."""
    code = [b for b in page.blocks if b.runs]
    trees = {id(b): _parse(b) for b in code}
    used = _names_computed_with(trees.values())
    literals: set[str] = set()
    for step in steps(page):
        if isinstance(step, Value):
            value = ast.parse(step.expression, mode="eval").body
            names = {n.id for n in ast.walk(value) if isinstance(n, ast.Name)} - FORMATTERS
            if _literal(value, literals) and not (names and names <= used):
                page.complain(step.line, f"{step.expression!r} is a literal: {ADVICE}")
        elif tree := trees[id(step)]:
            _follow(page, step, tree.body, literals)


ADVICE = "compute it from scaling_core, so that it can be wrong"


def _parse(block: Block) -> ast.Module | None:
    source = block.code
    if block.language == "pycon":
        examples = DocTestParser().get_examples(source)
        source = "\n".join(example.source for example in examples)
    try:
        return ast.parse(source)
    except SyntaxError:
        return None  # running it will say so, with the line


def _names_computed_with(trees: Iterable[ast.Module | None]) -> set[str]:
    """Names that some calculation on the page uses: arithmetic or a call that is no formatter."""
    used: set[str] = set()
    for tree in trees:
        for node in ast.walk(tree) if tree else ():
            if isinstance(node, ast.BinOp):
                used |= {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
            elif isinstance(node, ast.Call) and not _formats(node) and not _prints(node):
                inside = [*node.args, *(k.value for k in node.keywords)]
                used |= {n.id for a in inside for n in ast.walk(a) if isinstance(n, ast.Name)}
    return used


def _follow(page: Page, block: Block, body: list[ast.stmt], literals: set[str]) -> None:
    """Walk statements in order, keeping the set of names that hold a literal."""
    for statement in body:
        if isinstance(statement, (ast.Assign, ast.AnnAssign)) and statement.value is not None:
            targets: list[ast.expr] = []
            targets += (
                statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            )
            _bind(targets, _literal(statement.value, literals), literals)
        elif isinstance(statement, ast.For):
            _bind([statement.target], _literal(statement.iter, literals), literals)
            _follow(page, block, statement.body, literals)
        elif isinstance(statement, (ast.If, ast.With, ast.While, ast.Try)):
            _follow(page, block, statement.body, literals)
        elif isinstance(statement, (ast.Import, ast.ImportFrom)):
            literals -= {alias.asname or alias.name for alias in statement.names}
        elif isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
            literals.discard(statement.name)
        elif isinstance(statement, ast.Expr):
            _check_shown(page, block, statement.value, literals)


def _check_shown(page: Page, block: Block, shown: ast.expr, literals: set[str]) -> None:
    line = block.first + (shown.lineno if block.language == "python" else 0)
    if isinstance(shown, ast.Call) and _prints(shown):
        all_literal = all(_literal(a, literals) for a in shown.args)
        digits = any(re.search(r"\d", ast.unparse(a)) for a in shown.args)
        bare = [a for a in shown.args if _is_number(a)]
        if bare or (shown.args and all_literal and digits):
            text = ast.unparse(bare[0] if bare else shown)
            page.complain(line, f"{text} prints a literal: {ADVICE}")
    elif block.language == "pycon" and _literal(shown, literals):
        page.complain(line, f"{ast.unparse(shown)} is a literal: {ADVICE}")


def _is_number(node: ast.expr) -> bool:
    if not isinstance(node, ast.Constant) or isinstance(node.value, bool):
        return False
    return bool(NUMBER.fullmatch(str(node.value)))


def _bind(targets: list[ast.expr], literal: bool, literals: set[str]) -> None:
    for target in targets:
        names = {n.id for n in ast.walk(target) if isinstance(n, ast.Name)}
        literals.difference_update(names)
        if literal:
            literals.update(names)


def _prints(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Name) and call.func.id == "print"


def _formats(call: ast.Call) -> bool:
    if isinstance(call.func, ast.Attribute):  # "{} {}".format(...), ", ".join(...)
        return isinstance(call.func.value, (ast.Constant, ast.JoinedStr))
    return isinstance(call.func, ast.Name) and call.func.id in FORMATTERS


def _literal(node: ast.AST | None, literals: set[str]) -> bool:
    """Is this expression made of constants and formatting alone?"""
    match node:
        case None | ast.Constant():
            return True
        case ast.Name():
            return node.id in literals
        case ast.BinOp():  # adding or multiplying numbers is a calculation, joining text is not
            parts = (node.left, node.right)
            text = any(isinstance(p, ast.JoinedStr) or _is_text(p) for p in parts)
            return text and all(_literal(p, literals) for p in parts)
        case ast.Call():
            values = [*node.args, *(k.value for k in node.keywords)]
            return _formats(node) and all(_literal(v, literals) for v in values)
        case (
            ast.JoinedStr()
            | ast.FormattedValue()
            | ast.Tuple()
            | ast.List()
            | ast.Set()
            | ast.Dict()
            | ast.UnaryOp()
            | ast.Starred()
            | ast.Subscript()
            | ast.IfExp()
        ):
            children = [c for c in ast.iter_child_nodes(node) if isinstance(c, ast.expr)]
            return all(_literal(child, literals) for child in children)
        case _:
            return False


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)
