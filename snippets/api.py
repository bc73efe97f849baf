"""The public names of `scaling_core` as pages: signature, docstring and source of each.

A page is chosen by the module that `scaling_core/__init__.py` imports a name from: a new name of a
known module is on a page at once, and a module that no page takes is an error that names it.
"""

import ast
import functools
import inspect
import re
from collections.abc import Mapping
from html import escape
from itertools import groupby
from pathlib import Path

import scaling_core
from scaling_core import all_constants
from snippets.ledger import place

PAGES = {  # file in docs/reference/api: title, modules
    "laws": ("Laws of loss", ["chinchilla", "allocation", "_serving_optimum", "power", "monomial"]),
    "kaplan": ("Laws of Kaplan et al.", ["kaplan", "kaplan_joint"]),
    "extensions": (
        "Laws beyond size and tokens",
        ["repeated", "precision", "moe", "saturating", "reconcile"],
    ),
    "fits": (
        "Fits and their uncertainty",
        ["_check", "fitting", "bootstrap", "_draws", "isoflop", "parabola", "envelope", "ray"],
    ),
    "compute": ("Compute, memory and cost", ["compute", "cost", "lifetime", "serving"]),
    "planning": ("Budgets and plans", ["budget", "planning", "pilots", "pilot_design"]),
    "tasks": ("Tasks and robots", ["downstream", "scores", "robotics"]),
    "registries": ("Units, registries and sources", ["units", "registry", "provenance"]),
    "constants": (
        "Published constants",
        ["published", "published_rules", "published_estimates", "published_modalities"],
    ),
}
FOLDER = Path(scaling_core.__file__).parent
WIDTH = 60  # characters of a signature on one line
TYPE_PATH = re.compile(r"\b(?:[a-z_]\w*\.)+(?=[A-Z])")
KEPT = re.compile(r"(`[^`]+`|https?://[^\s()<>]*[^\s()<>.,;:])")  # of a docstring's prose
SIGNS = str.maketrans({"<": "&lt;"} | {sign: f"\\{sign}" for sign in "\\*_[]{}$|#"})
MARKS = str.maketrans({sign: f"&#{ord(sign)};" for sign in "$[{"})  # of the press
COLUMNS = re.compile(r" {2,}(?:# )?| # ")  # what separates a field from its meaning


@functools.cache
def modules():
    """Each public name with the module that it is imported from."""
    origin = {}
    for node in ast.walk(ast.parse(inspect.getsource(scaling_core))):
        if isinstance(node, ast.ImportFrom):
            module = node.module.removeprefix("scaling_core.")
            origin |= {alias.asname or alias.name: module for alias in node.names}
    return {name: origin.get(name, "__init__") for name in scaling_core.__all__}


@functools.cache
def pages():
    """Each public name with the page that describes it; a KeyError if a module has none."""
    page_of = {module: page for page, (_, taken) in PAGES.items() for module in taken}
    if missing := sorted(set(modules().values()) - set(page_of)):
        files = ", ".join(f"scaling_core/{module}.py" for module in missing)
        raise KeyError(f"no page describes the names of {files}: add to PAGES in snippets/api.py")
    return {name: page_of[module] for name, module in modules().items()}


@functools.cache
def lines_of(module):
    """Names that a module defines, each with its line, in the order of the file."""
    found = {}
    for node in ast.parse((FOLDER / f"{module}.py").read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found[node.name] = node.lineno
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {n.id: node.lineno for n in targets if isinstance(n, ast.Name)}
    return found


def names_on(stem):
    """Public names of a page: by module, then as the file orders them."""
    order = PAGES[stem][1]
    names = [name for name, page in pages().items() if page == stem]
    return sorted(names, key=lambda n: (order.index(modules()[n]), lines_of(modules()[n])[n]))


def index():
    """Every public name with the first sentence of its description, by page."""
    for stem, (title, _) in PAGES.items():
        if not (names := sorted(names_on(stem))):
            continue
        yield f"## {title} {{#{stem}}}"
        if any(map(is_described, names)):
            yield "\n".join(f"- {link(name)}: {prose(summary(name))}" for name in names)
        else:
            yield ", ".join(map(link, names)) + "."


def page(stem):
    """An entry for each public name of a page."""
    if not names_on(stem):
        yield "None of these is public yet."
    for name in names_on(stem):
        value, module = getattr(scaling_core, name), modules()[name]
        yield f"## `{name}` {{#{name}}}"
        if is_described(name):
            yield signature(value, name)
            yield from body(value)
            if sets := [n for n in pages() if name in types(getattr(scaling_core, n))]:
                yield f"Sets of constants: {', '.join(map(link, sets))}."
        else:
            yield from constant(value, name)
        # here the press writes where the name is defined and which pages import it
        yield f"<!-- api: {name} {module} {lines_of(module)[name]} -->"
        if inspect.isclass(value):
            yield from members(value)


def is_described(name):
    """True for classes and functions, which have a docstring of their own."""
    value = getattr(scaling_core, name)
    return inspect.isclass(value) or inspect.isroutine(value)


def summary(name):
    """First line of a docstring; of a bare number the comment beside it."""
    if is_described(name):
        return inspect.getdoc(getattr(scaling_core, name)).split("\n")[0]
    source = (FOLDER / f"{modules()[name]}.py").read_text(encoding="utf-8")
    return source.split("\n")[lines_of(modules()[name])[name] - 1].partition("  # ")[2]


def members(owner):
    """Public methods and properties with those of private bases; those of public bases as links."""
    elsewhere = {}
    for name in dict.fromkeys(name for base in owner.__mro__ for name in vars(base)):
        base = next(base for base in owner.__mro__ if name in vars(base))
        member = vars(base)[name]
        kinds = (property, functools.cached_property, classmethod, staticmethod)
        ours = base.__module__.startswith("scaling_core")
        if name.startswith("_") or not ours:
            continue
        if not (isinstance(member, kinds) or inspect.isfunction(member)):
            continue  # the default of a field, which the signature shows
        if base is not owner and base.__name__ in pages():
            elsewhere.setdefault(base.__name__, []).append(name)
            continue
        yield f"### `{name}` {{#{owner.__name__}.{name}}}"
        yield signature(member, name, owner)
        yield from body(member)
    for base, names in elsewhere.items():
        yield f"From {link(base)}: {', '.join(link(f'{base}.{name}', name) for name in names)}."


def signature(member, name, owner=None):
    """Arguments with types and defaults, one a line where they are many."""
    kind = "class " if inspect.isclass(member) else ""
    if isinstance(member, property | functools.cached_property):
        kind, member = "property ", getattr(member, "fget", None) or member.func
    elif isinstance(member, classmethod | staticmethod):
        kind, member = f"{type(member).__name__} ", getattr(owner, name)
    try:
        form = inspect.signature(member)
    except ValueError:  # an exception: its constructor is written in C
        form = inspect.signature(lambda *messages: None)
    private = [name for name in form.parameters if name == "self" or name.startswith("_")]
    arguments = [a for a in form.parameters.values() if a.name not in private]
    texts = [TYPE_PATH.sub("", str(argument)) for argument in arguments]
    if named := [a for a in arguments if a.kind is a.KEYWORD_ONLY]:
        texts.insert(len(arguments) - len(named), "*")
    returned = TYPE_PATH.sub("", inspect.formatannotation(form.return_annotation))
    answer = "" if kind == "class " or form.return_annotation is form.empty else f" -> {returned}"
    listed = "" if kind == "property " else f"({', '.join(texts)})"
    if len(kind + name + listed + answer) > WIDTH and texts and listed:
        listed = "(\n" + "".join(f"    {text},\n" for text in texts) + ")"
    return one_line(kind + name + listed + answer)


def body(member):
    """A docstring: prose as paragraphs, columns as a list of fields, the rest as code."""
    lines, kinds = inspect.getdoc(member).split("\n"), []
    for line in lines:
        last = kinds[-1] if kinds else ""
        if not line.strip():
            kinds.append("")
        elif line.startswith(">>>") or last == "example":
            kinds.append("example")
        elif line.startswith(" "):
            kinds.append("columns" if last == "columns" else "indented")
        else:
            kinds.append("columns" if COLUMNS.search(line) else "text")
    for i in range(1, len(kinds) - 1):
        if kinds[i - 1] == kinds[i + 1] == "columns" and kinds[i]:
            kinds[i] = "columns"  # its name is as wide as the column
    for kind, group in groupby(zip(kinds, lines, strict=True), key=lambda pair: pair[0]):
        texts = [line for _, line in group]
        if kind == "text":
            yield prose(" ".join(texts))
        elif kind == "columns":
            yield fields(texts)
        elif kind:
            yield code(texts, kind)


def prose(text):
    """A paragraph as Markdown in which only code spans and addresses mean something."""
    pieces = KEPT.split(text)
    for i, piece in enumerate(pieces):
        span = piece.strip("`")
        if i % 2 == 0:
            pieces[i] = piece.translate(SIGNS)
        elif piece.startswith("`"):
            pieces[i] = link(span) if span in pages() else piece
        else:
            pieces[i] = f"<{piece}>"
    return "".join(pieces)


def link(target, shown=None):
    """Markdown link to a public name, or to a member of one."""
    return f"[`{shown or target}`]({pages()[target.partition('.')[0]]}.md#{target})"


def fields(lines):
    """Names and their meanings from a docstring's two columns, as a list that wraps."""
    start = COLUMNS.search(lines[0]).end()
    rows = []
    for line in lines:
        if line.startswith(" "):
            rows[-1][1] += f" {line.strip()}"
        else:
            found = COLUMNS.search(line)
            cut, start = found.span() if found else (start, start)
            rows.append([line[:cut].strip(), line[start:]])
    shown = (f"<dt><code>{raw(name)}</code></dt><dd>{raw(text)}</dd>" for name, text in rows)
    shown = (re.sub(r"`([^`]+)`", r"<code>\1</code>", row) for row in shown)
    return f'<dl class="fields">{"".join(shown)}</dl>'


def code(lines, kind):
    """Lines of code; in an example, prompts and what Python answers are set apart."""
    shown = []
    for line in lines:
        if kind != "example":
            shown.append(raw(line))
        elif line.startswith((">>>", "...")):
            shown.append(f'<span class="gp">{raw(line[:3])}</span>{raw(line[3:])}')
        else:
            shown.append(f'<span class="go">{raw(line)}</span>')
    return (
        f'<div class="highlight {kind}" data-search-exclude=""><pre><code>'
        + "\n".join(shown)
        + "</code></pre></div>"
    )


def raw(text):
    """Text as HTML in which neither Markdown nor the press finds a mark."""
    return escape(text, quote=False).translate(MARKS)


def one_line(text):
    """A signature, or a number with its name, as code that may break anywhere."""
    return f'<p class="signature" data-search-exclude=""><code>{raw(text)}</code></p>'


def constant(value, name):
    """Its numbers, where they come from, and the way to their units and conditions."""
    rows = [row[1:] for row in all_constants() if row[0] == name]
    if not rows:
        yield one_line(f"{name} = {f'{value:.10g}' if isinstance(value, float) else repr(value)}")
        yield prose(summary(name))
        return
    numbers = (f"<code>{raw(f'{field} = {number:.10g}')}</code>" for field, number, _ in rows)
    yield f'<p class="numbers" data-search-exclude="">{" ".join(numbers)}</p>'
    kinds = (link(kind) if kind in pages() else f"`{kind}`" for kind in sorted(set(types(value))))
    what = (
        f"{'A table of' if isinstance(value, Mapping) else 'An object of'} {' and '.join(kinds)}."
    )
    origins = dict.fromkeys(place(source) for *_, source in rows)
    ledger = f"../sources.md#{name.lower().replace('_', '-')}"
    yield " ".join([what, *origins, f"Units and conditions: [`{name}` in the ledger]({ledger})."])


def types(value):
    """Names of the types of the objects in a constant, however deep."""
    if isinstance(value, Mapping):
        return [name for inner in value.values() for name in types(inner)]
    return [type(value).__name__]
