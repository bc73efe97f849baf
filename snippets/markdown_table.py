"""Markdown tables for pages that list a whole registry."""

# --8<-- [start:helpers]
import re


def plain(text):
    """A source or a note with Markdown's own signs switched off."""
    return re.sub(r"([\\`*\[\]$|])", r"\\\1", text).replace("<", "&lt;")


def table(head, rows):
    """A Markdown table; a column whose head begins with > holds numbers."""
    rule = ["--:" if name.startswith(">") else "---" for name in head]
    lines = [[name.removeprefix(">") for name in head], rule, *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def or_blank(form, value):
    """A number in a form, or an empty cell where it is not known."""
    return "" if value is None else form(value)


# --8<-- [end:helpers]
