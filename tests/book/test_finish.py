"""Finished pages: what the policy allows, what the keyboard reaches, what a lab looks like."""

import base64
import hashlib
import json
import re
from pathlib import Path

import material
import pytest
from mkdocs_jupyter import convert

from scaling_core.book.finish import COPY_BUTTON, finish_page, finish_site, plain_notebook

PAGE = """<!doctype html>
<html lang="en"><head>
<meta charset="utf-8">
<link rel="canonical" href="https://example.org/book/6-7/">
<link rel="stylesheet" href="../../assets/scheme.css">
<script>here = new URL("../..", location)</script>
</head><body>
<div class="md-search" role="dialog"></div>
<article class="md-content__inner md-typeset">{article}</article>
<script id="__config" type="application/json">{{"base": "../.."}}</script>
<script src="../../assets/bundle.js"></script>
</body></html>
"""


def page(article="<p>Text.</p>"):
    return PAGE.format(article=article)


def policy(html):
    return re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', html)[1]


def digest(script):
    return "'sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() + "'"


def test_the_policy_comes_first_and_names_just_the_scripts_that_run_inline():
    html = finish_page(page(), serve=False)
    assert '<meta charset="utf-8"><meta http-equiv="Content-Security-Policy"' in html
    rule = policy(html)
    assert re.findall(r"'sha256-[^']+'", rule) == [digest('here = new URL("../..", location)')]
    scripts = rule.split("script-src ")[1].split(";")[0]
    assert "unsafe" not in scripts
    assert "default-src 'self'" in rule
    assert "http:" not in rule
    assert "https:" not in rule


def test_an_inline_script_of_the_page_itself_gets_its_own_hash():
    html = finish_page(
        page("<script>draw(1)</script><script type='module'>x</script>"), serve=False
    )
    assert digest("draw(1)") in policy(html)
    assert digest("x") in policy(html)


def test_a_served_page_has_no_policy_but_everything_else():
    html = finish_page(page("<table><tr><td>1</td></tr></table>"), serve=True)
    assert "Content-Security-Policy" not in html
    assert 'class="ruled"' in html


@pytest.mark.parametrize("serve", [False, True])
def test_finishing_twice_changes_nothing(serve):
    article = (
        '<p><code>Content-Security-Policy</code> <span class="value">2</span></p>'
        "<math><mi>N</mi></math><table><tr><td>1</td></tr></table>"
    )
    once = finish_page(page(article), serve=serve)
    assert once != page(article)
    assert finish_page(once, serve=False) == once
    assert finish_page(once, serve=True) == once


def test_the_math_font_is_preloaded_only_where_there_is_math():
    font = 'href="../../assets/fonts/book-math.woff2" as="font" type="font/woff2" crossorigin>'
    assert font in finish_page(page("<math><mi>N</mi></math>"), serve=False)
    assert 'as="font"' not in finish_page(page("<p>no formula</p>"), serve=False)


def test_the_search_dialog_has_a_name_and_scripts_wait_for_the_text():
    html = finish_page(page(), serve=False)
    assert 'role="dialog" aria-label="Search"' in html
    assert '<script defer src="../../assets/bundle.js">' in html


@pytest.mark.parametrize(
    "article",
    [
        '<img alt="a curve" src="https://example.org/a.png">',
        '<img alt="a curve" src="//example.org/a.png">',
        '<script async src="https://example.org/a.js"></script>',
        '<iframe title="x" src="http://example.org/"></iframe>',
        '<link href="https://example.org/a.css" rel="stylesheet">',
        '<link rel="preconnect" href="https://example.org">',
        '<svg><image xlink:href="https://example.org/a.png"/></svg>',
    ],
)
def test_a_page_that_loads_from_another_host_is_an_error(article):
    with pytest.raises(ValueError, match=r"loads .*example\.org"):
        finish_page(page(article), serve=False)


@pytest.mark.parametrize(
    "article",
    [
        '<a href="https://example.org/">a link is no load</a>',
        '<img alt="a curve" src="data:image/png;base64,AAAA">',
        "<code>&lt;img src=&quot;https://example.org/a.png&quot;&gt;</code>",
    ],
)
def test_a_link_or_quoted_code_is_allowed(article):
    html = finish_page(page(article), serve=False)
    assert re.sub(' (?:translate="no"|rel="external")', "", html).count(article) == 1


def test_links_out_of_the_book_are_marked_so_that_print_can_write_their_address():
    article = '<a href="https://example.org/">x</a> <a href="../">y</a>'
    html = finish_page(page(article), serve=False)
    assert '<a rel="external" href="https://example.org/">x</a> <a href="../">y</a>' in html


def test_a_table_scrolls_in_a_named_box_that_the_keyboard_reaches():
    html = finish_page(page("<div><table>\n<tr><td>1</td></tr></table></div>"), serve=False)
    box = '<div class="scroll" role="group" aria-label="Table" tabindex="0"><table class="ruled">'
    assert f"<div>{box}" in html
    assert "</table></div></div></article>" in html


def test_a_table_in_a_box_already_is_not_boxed_twice():
    article = '<div class="scroll" role="region" aria-label="Data"><table></table></div>'
    html = finish_page(page(article), serve=False)
    assert html.count('class="scroll"') == 1
    assert 'class="ruled"' in html
    assert 'role="region"' not in html  # twenty landmarks would bury the real ones


def test_an_empty_corner_of_a_table_is_no_heading():
    article = "<table><thead><tr><th></th><th>N</th></tr></thead></table>"
    assert "<tr><td></td><th>N</th></tr>" in finish_page(page(article), serve=False)


def test_code_blocks_are_reachable_and_no_code_is_translated():
    article = (
        '<p><code>x</code></p><div class="highlight"><pre><span></span><code>a</code></pre></div>'
        '<div class="language-python highlight"><span class="filename">f.py</span>'
        "<pre><code>b</code></pre></div>"
    )
    html = finish_page(page(article), serve=False)
    assert '<p><code translate="no">x</code>' in html
    assert (
        len(re.findall(r'<code translate="no" role="group" aria-label="Code" tabindex', html)) == 2
    )


def test_a_checked_value_can_be_focused():
    html = finish_page(page('<span class="value" title="human(N)">29.4B</span>'), serve=False)
    assert '<span tabindex="-1" class="value" title="human(N)">29.4B</span>' in html


def test_a_fragment_without_a_head_comes_back_as_it_is():
    assert finish_page("<p><code>x</code></p>", serve=False) == "<p><code>x</code></p>"


def lab(folder, cell_id):
    """A small lab as mkdocs-jupyter converts it."""
    stream = {"output_type": "stream", "name": "stdout", "text": "1 < 2\n"}
    drawing = {
        "output_type": "display_data",
        "metadata": {},
        "data": {"text/html": '<figure id="fig-a"><svg role="img" aria-label="A"></svg></figure>'},
    }
    base = {"metadata": {}, "execution_count": None}
    cells = [
        {"cell_type": "markdown", "metadata": {}, "id": f"a{cell_id}", "source": "Some *text*."},
        {"cell_type": "code", **base, "id": f"b{cell_id}", "source": "print('1 < 2')"}
        | {"outputs": [stream, drawing]},
    ]
    kernel = {"name": "python3", "language": "python", "display_name": "Python 3"}
    notebook = {"cells": cells, "metadata": {"kernelspec": kernel}}
    path = folder / "lab.ipynb"
    path.write_text(json.dumps(notebook | {"nbformat": 4, "nbformat_minor": 5}), encoding="utf-8")
    return convert.nb2html(str(path), mathjax_version=2)


def test_a_lab_becomes_plain_blocks_without_jupyter_styles_scripts_or_ids(tmp_path):
    before = lab(tmp_path, "1")
    assert len(before) > 500_000  # what mkdocs-jupyter would put on each lab's page
    after = plain_notebook(before)
    assert len(after) < 2_000
    assert "<em>text</em>" in after
    assert '<div class="highlight"><pre><code>' in after
    assert re.search(r'class="output"[^>]*><pre><code>1 &lt; 2</code></pre>', after)
    assert '<figure id="fig-a">' in after
    for trace in ("<style", "<script", "http", "jp-", "cell-id", "clipboard"):
        assert trace not in after


def test_two_builds_of_a_lab_are_equal_although_the_cell_ids_differ(tmp_path):
    first, second = lab(tmp_path, "1"), lab(tmp_path, "2")
    assert first != second
    assert plain_notebook(first) == plain_notebook(second)


def test_text_around_a_lab_stays(tmp_path):
    after = plain_notebook(f"<p>before</p>{lab(tmp_path, '1')}<p>after</p>")
    assert after.startswith("<p>before</p>")
    assert after.rstrip().endswith("<p>after</p>")


def test_a_page_without_a_lab_is_not_parsed_again():
    odd = "<P>as it is<br></P>"
    assert plain_notebook(odd) == odd


def test_a_site_folder_is_finished_once(tmp_path):
    (tmp_path / "6-7").mkdir()
    (tmp_path / "6-7" / "index.html").write_text(page(), encoding="utf-8")
    (tmp_path / "404.html").write_text(page(), encoding="utf-8")
    (tmp_path / "redirect.html").write_text("<p>moved</p>", encoding="utf-8")
    assert finish_site(tmp_path) == 2
    assert "Content-Security-Policy" in (tmp_path / "404.html").read_text(encoding="utf-8")
    assert finish_site(tmp_path) == 0


def test_copy_buttons_are_no_landmarks(tmp_path):
    # Also a guard: a theme that words this otherwise must be looked at again.
    source = next(Path(material.__file__).parent.glob("templates/assets/javascripts/bundle.*.js"))
    scripts = tmp_path / "assets" / "javascripts"
    scripts.mkdir(parents=True)
    target = scripts / source.name
    target.write_text(source.read_text(encoding="utf-8"), encoding="utf-8")
    assert target.read_text(encoding="utf-8").count(COPY_BUTTON[0]) == 1
    finish_site(tmp_path)
    assert target.read_text(encoding="utf-8").count(COPY_BUTTON[0]) == 0
    assert target.read_text(encoding="utf-8").count(COPY_BUTTON[1]) == 1


def test_what_a_cell_prints_is_one_output_however_the_kernel_cut_it():
    def lab(*texts):
        outputs = "".join(
            f'<div class="jp-OutputArea-output"><pre>{text}</pre></div>' for text in texts
        )
        cell = f'<div class="jp-CodeCell"><div class="jp-CodeCell">{outputs}</div></div>'
        return plain_notebook(f'<div class="jupyter-wrapper">{cell}</div>')

    whole = lab("first line:\n  second\n")
    assert whole.count('class="output"') == 1
    assert lab("first line:", "\n  second", "\n") == whole
