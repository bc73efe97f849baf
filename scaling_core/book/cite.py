"""Citations from one bibliography file, read and set by pybtex."""

from __future__ import annotations

import html
from functools import cache
from importlib.resources import files

from pybtex.backends.html import Backend
from pybtex.database import BibliographyData, Entry, parse_string
from pybtex.richtext import Text
from pybtex.style.formatting.unsrt import Style


@cache
def bibliography() -> BibliographyData:
    """All entries of `scaling_core/data/references.bib`."""
    text = files("scaling_core").joinpath("data/references.bib").read_text("utf-8")
    data = parse_string(text, "bibtex")
    for entry in data.entries.values():
        if "eprint" in entry.fields:
            entry.fields.pop("url", None)  # one link to each work
    return data


def label(key: str) -> str:
    """How a text names a work: `Hoffmann et al. 2022`. KeyError for an unknown key."""
    return _labels()[bibliography().entries[key].key]


@cache
def _labels() -> dict[str, str]:
    """Label of each key; works of the same people and year get the letters a, b, ..."""
    names = {key: _name(entry) for key, entry in bibliography().entries.items()}
    labels = {}
    for key, name in names.items():
        twins = sorted(other for other in names if names[other] == name)
        labels[key] = name + ("abcdefgh"[twins.index(key)] if len(twins) > 1 else "")
    return labels


def _name(entry: Entry) -> str:
    people = entry.persons.get("author") or entry.persons.get("editor") or []
    names = [_plain(" ".join([*p.prelast_names, *p.last_names])) for p in people]
    if not names:
        names = [_plain(entry.fields.get("organization") or entry.fields.get("title", entry.key))]
    who = " and ".join(names)
    if len(names) > 2 or names[-1] == "others":
        who = f"{names[0]} et al."
    return f"{who} {entry.fields.get('year', 'n.d.')}"


def parse(text: str) -> list[tuple[str, str]]:
    """(key, locus) pairs of the inside of a citation: `key, Table 3; @other`."""
    parts = [part.strip().lstrip("@") for part in text.split(";")]
    return [(key.strip(), locus.strip()) for key, _, locus in (p.partition(",") for p in parts)]


def unknown(text: str) -> list[str]:
    """Keys of a citation that the bibliography lacks."""
    return [key for key, _ in parse(text) if key not in list(bibliography().entries)]


def link(text: str) -> str:
    """HTML of a citation, linked to the reference list of its page."""
    links = []
    for key, locus in parse(text):
        if unknown(key):  # told by the check; while writing, the page shows it as it is
            links.append(html.escape(f"[@{key}]"))
            continue
        shown = html.escape(label(key) + (f", {locus}" if locus else ""))
        links.append(f'<a class="cite" href="#ref-{html.escape(key)}">{shown}</a>')
    return "; ".join(links)


@cache
def _formatted() -> dict[str, str]:
    style, backend = Style(), Backend("utf-8")
    entries = style.format_entries(bibliography().entries.values())
    return {entry.key: entry.text.render(backend) for entry in entries}


def reference_list(keys: list[str] | None = None) -> str:
    """HTML list of references, sorted by name and year; all of them by default."""
    chosen = list(bibliography().entries) if keys is None else set(keys) & set(_formatted())
    items = [
        f'<li id="ref-{html.escape(key)}">{_formatted()[key]}</li>'
        for key in sorted(chosen, key=lambda key: (label(key).lower(), key))
    ]
    return '<ul class="references">\n' + "\n".join(items) + "\n</ul>"


def _plain(text: str) -> str:
    """A name without LaTeX: accents as letters, no braces."""
    return str(Text.from_latex(text))
