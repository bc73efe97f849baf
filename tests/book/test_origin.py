"""A shown number must be able to be wrong: literals are refused, what is computed is not."""

import pytest

from scaling_core.book.origin import check_origins
from scaling_core.book.scan import scan_text

IMPORT = "from scaling_core import BESIROGLU_2024, human, tex\nbest = BESIROGLU_2024.optimum(1e23)"


def python(code):
    return f"```python\n{IMPORT}\n{code}\n```\n"


def value(expression, code="pass"):
    return python(code) + f"\n[29.4B]{{= {expression} }}\n"


def problems(text, tmp_path):
    page = scan_text(text, "docs/page.md", tmp_path)
    assert page.problems == []
    check_origins(page)
    return [str(problem) for problem in page.problems]


REFUSED = [
    # (page, line of the message)
    (value("28.9e9"), 7),
    (value("human(28.9e9)"), 7),
    (value('"29.4B"'), 7),
    (value('f"{28.9e9}"'), 7),
    (value('f"{28.9e9:.1f} {best.N}"'), 7),
    (value('"29.4" + "B"'), 7),
    (value('"%sB" % 29.4'), 7),
    (value('"{}B".format(29.4)'), 7),
    (value('"".join(["29.4", "B"])'), 7),
    (value("-28.9e9"), 7),
    (value("float('28.9e9')"), 7),
    (value("round(28.94e9, -8)"), 7),
    (value("[28.9e9][0]"), 7),
    (value("{'N': 28.9e9}['N']"), 7),
    (value("28.9e9 if True else 0"), 7),
    (value("(lambda: 28.9e9)()"), 7),
    (value("(x := 28.9e9)"), 7),
    (value("28.9e9 * 1"), 7),
    (value("0 + 28.9e9"), 7),
    (value("28.9e9 ** 1"), 7),
    (value("np.float64(28.9e9)"), 7),
    (value("units.human(28.9e9)"), 7),
    (value("max(28.9e9, 0)"), 7),
    (value("eval('28.9e9')"), 7),
    (value("human(x)", "x = 28.9e9"), 7),
    (value("human(x)", "x: float = 28.9e9"), 7),
    (value("human(y)", "x, y = 1, 28.9e9"), 8 - 1),
    (value("human(y)", "x = 28.9e9; y = x"), 7),
    (value("human(x)", "x = best.N; x = 28.9e9"), 7),
    (value("human(d['N'])", "d = dict(N=28.9e9)"), 7),
    (value("human(d.get('N'))", "d = {'N': 28.9e9}"), 7),
    (value("human(x[0])", "x = np.array([28.9e9])"), 7),
    (value("human(R.N)", "class R:\n    N = 28.9e9"), 8),
    (value("human(f())", "def f():\n    return 28.9e9"), 8),
    (value("human(x)", "x = 28.9e9\ny = x * 1"), 8),
    (value("s.strip()", "s = ' 29.4B'"), 7),
    (python('print("29.4B")'), 4),
    (python("print(28.9e9)"), 4),
    (python("print(f'{28.9e9}')"), 4),
    (python("print(f'{28.9e9} {best.N}')"), 4),
    (python('print("N =", "29.4B")'), 4),
    (python('print(human(best.N), "29.4B")'), 4),
    (python('print(human(best.N), "~29.4B")'), 4),
    (python('print(human(best.N), "$5")'), 4),
    (python('print(human(best.N), "-3.2%")'), 4),
    (python('print("N is 29.4B")'), 4),
    (python('print("a share of 12 %")'), 4),
    (python('print("29,400,000,000")'), 4),
    (python('print("at 1e+23 FLOP")'), 4),
    (python("\nx = 28.9e9\nprint(x)"), 6),
    (python("x = 28.9e9\nprint(human(x))"), 5),
    (python("x = '29.4B'\nprint('N', x, sep='=')"), 5),
    (python("print(*[28.9e9])"), 4),
    (python("rows = []\nrows.append('29.4B')\nprint(rows)"), 6),
    (python("d = {}\nd['N'] = 28.9e9\nprint(d)"), 6),
    (python("s = ''\ns += '29.4B'\nprint(s)"), 6),
    (python("if best:\n    print('29.4B')"), 5),
    (python("if best:\n    pass\nelse:\n    print('29.4B')"), 7),
    (python("try:\n    pass\nfinally:\n    print('29.4B')"), 7),
    (python("try:\n    pass\nexcept ValueError:\n    print('29.4B')"), 7),
    (python("with best:\n    print('29.4B')"), 5),
    (python("for x in [28.9e9]:\n    print(x)"), 5),
    (python("def show():\n    print('29.4B')\nshow()"), 5),
    (python("_ = print('29.4B')"), 4),
    (python("[print('29.4B') for _ in best]"), 4),
    (python("import sys\nsys.stdout.write('29.4B')"), 5),
    ("```pycon\n>>> 28.9e9\n28900000000.0\n```\n", 2),
    ("```pycon\n>>> x = 28.9e9\n>>> x\n28900000000.0\n```\n", 3),
    ("```pycon\n>>> print('29.4B')\n29.4B\n```\n", 2),
    ("# A [29.4B]{= '29.4B' }\n", 1),
    ("| a |\n| - |\n| [29.4B]{= '29.4B' } |\n", 3),
]


@pytest.mark.parametrize(("text", "line"), REFUSED)
def test_a_literal_is_refused_with_its_line(text, line, tmp_path):
    found = problems(text, tmp_path)
    assert len(found) == 1, found
    assert found[0].startswith(f"docs/page.md:{line}: ")
    assert found[0].endswith("literal: compute it from scaling_core, so that it can be wrong")


GIVEN = f"[$10^{{23}}$]{{= tex(C) }}\n\n```python\n{IMPORT}\nC = 1e23\nN = (C / 120) ** 0.5\n```\n"
ACCEPTED = [
    ("a call of the library", value("human(best.N)")),
    ("a call in the value", value("human(BESIROGLU_2024.optimum(1e23).N)")),
    ("an attribute of an import", value("BESIROGLU_2024.E")),
    ("arithmetic shown in full", value("human(6 * 70e9 * 1.4e12)")),
    ("arithmetic with one", value("1 - best.N / 1e12")),
    ("a given that a block computes with", value("tex(C)", "C = 1e23\nN = (C / 120) ** 0.5")),
    ("a given that a call takes", value("tex(C)", "C = 1e23\nb = BESIROGLU_2024.optimum(C)")),
    (
        "a given that another value computes with",
        value("tex(C)", "C = 1e23") + "[1]{= BESIROGLU_2024.optimum(C).N }\n",
    ),
    (
        "a given printed beside the result",
        python("C = 1e23\nprint(C, BESIROGLU_2024.optimum(C).N)"),
    ),
    ("a label", python("print('N =', human(best.N))")),
    ("a label with a year", python("print('Hoffmann 2022:', human(best.N))")),
    ("a heading with a year and a rule", python("print('Hoffmann 2022, D/N = 20, by 6ND')")),
    ("a heading of columns", python("print('N', 'D')\nprint(f\"{'N':>10} {'D':>10}\")")),
    ("a heading by format", python("print('{:>10} {:>8}'.format('N', 'D'))\nprint('N'.rjust(10))")),
    ("a line", python("print('-' * 20)\nprint(20 * '=')\nprint('...')\nprint()")),
    ("a name without digits", python("name = 'besiroglu'\nprint(name)\nprint(name, best.N)")),
    (
        "a loop over givens",
        python("for C in [1e21, 1e23]:\n    print(f'{C:.0e}', BESIROGLU_2024.optimum(C).N)"),
    ),
    (
        "a sum that starts at zero",
        python("total = 0\nfor x in [1, 2]:\n    total += best.N * x\nprint(total)"),
    ),
    ("a list that is filled", python("xs = [0]\nfor _ in 'ab':\n    xs.append(best.N)\nprint(xs)")),
    ("a dictionary that is filled", python("d = {'a': 1}\nd['N'] = best.N\nprint(d)")),
    ("a name that gets a result", python("x = 0\nx = best.N\nprint(x)")),
    (
        "a name that gets a result in one branch",
        python("x = 0\nif best:\n    x = best.N\nprint(x)"),
    ),
    (
        "a default when something fails",
        python("try:\n    x = best.N\nexcept ValueError:\n    x = 0\nprint(x)"),
    ),
    ("a function of its argument", python("def f(x):\n    return x\nprint(f(best.N))")),
    ("an attribute that is set", python("best.x = 1\nprint(best)")),
    ("an import hides an old name", python("pi = 3\nfrom math import pi\nprint(pi)")),
    ("truth", python("print(best.N > 1)")),
    (
        "an example of a formatter",
        "```pycon\n>>> from scaling_core import human\n>>> human(950)\n'950'\n```\n",
    ),
    ("an example", f"```pycon\n>>> {IMPORT.splitlines()[0]}\n>>> BESIROGLU_2024.E\n1.8172\n```\n"),
    ("words in a console", "```pycon\n>>> 'a'.upper()\n'A'\n```\n"),
    ("a block that does not run", '```python run="no"\n# slow\nprint("29.4B")\n```\n'),
    ("a block that cannot be read is told elsewhere", "```python\nprint('29.4B'\n```\n"),
    ("a value above its code", GIVEN),
    ("the question of a problem page", f"---\npractice: problem\n---\n{GIVEN}"),
]


@pytest.mark.parametrize("text", [a[1] for a in ACCEPTED], ids=[a[0] for a in ACCEPTED])
def test_a_computed_number_is_accepted(text, tmp_path):
    assert problems(text, tmp_path) == []
