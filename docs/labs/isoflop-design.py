# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown] jupyter={"source_hidden": true}
# ---
# description: Five pilot runs fit five constants and say nothing about most models. See why in singular values, compare designs that work, price them, and drop sizes from recorded runs.
# covers:
#   C24: "#five-pilots-on-one-ray"
#   C25: "#five-pilots-on-one-ray"
#   C26: "#five-constants-as-given"
#   C27: "#five-constants-as-given"
#   O15: "#five-constants-as-given"
# ---

# %% [markdown]
# # Design a study, measure its error
#
# Five small runs, five constants, and a curve that passes close to every run.
# How well do you know the run that you have not paid for?
#
# **If all five have the same number of tokens per parameter, hardly at all: constants with equal residuals differ by more than half a nat about a model of another shape. Where the loss of a run scatters by 0.005 nats, nine cheap runs on a grid fix the exponent within a hundredth, and nine budgets of seven sizes give the best size of a 70B-class run within a tenth, for six percent of its compute.**
#
# You fit the five pilots as such recipes give them, see in singular values what they cannot tell, and rehearse better studies on a law that you choose yourself, before anything is trained.
# At the end you drop sizes from real runs, those of this book's lab.
# Each claim is an `assert`: if one were false, this page would not exist.
#
# The chapter to this lab is [Chinchilla](../6-7/chinchilla.md).
# Losses are in nats per token, $N$ counts parameters, $D$ tokens, and training takes $C = 6ND$ FLOP.

# %%
# Library missing? Run once in a cell of its own:
# > %pip install --quiet matplotlib "scaling-core @ git+https://example.org/scaling-laws-computed/source"
import itertools
import textwrap
import warnings

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import Markdown

from scaling_core import (
    BESIROGLU_2024,
    HOFFMANN_2022,
    HOFFMANN_2022_PRINTED,
    ChinchillaLaw,
    FitWarning,
    PilotDesign,
    design_grid,
    design_isoflop,
    fit_along_ray,
    fit_chinchilla,
    fit_isoflop,
    human,
    isoflop_bias,
    percent,
    study_pilots,
    training_flops,
)
from scaling_core.book.show import show, use_style
from scaling_core.lab.plan import CENTRAL, DELTA, NEAREST
from scaling_core.lab.recorded import recorded

use_style()

# %% [markdown]
# ## Five pilots on one ray
#
# The recipe: train five small models, fit $L = E + A N^{-\alpha} + B D^{-\beta}$ to their losses, extrapolate to a nominal Chinchilla, 70B parameters on 1.4T tokens.
# The losses that come with it are invented, as it says itself; here they stand as given, beside those of Hoffmann's printed constants and of Besiroglu's.

# %%
N = np.array([10e6, 50e6, 100e6, 500e6, 1e9])
D = np.array([200e6, 1e9, 2e9, 10e9, 20e9])
L = np.array([3.85, 3.45, 3.25, 2.95, 2.80])
print("parameters  tokens  D/N   given   printed  Besiroglu")
for n, d, loss in zip(N, D, L, strict=True):
    by_law = HOFFMANN_2022_PRINTED.loss(n, d), BESIROGLU_2024.loss(n, d)
    print(f"{human(n):>10}{human(d):>8}{d / n:5.0f}{loss:8.2f}", end="")
    print("{:10.2f}{:11.2f}".format(*by_law))
assert np.ptp(D / N) == 0  # one ray
assert HOFFMANN_2022_PRINTED.loss(N[0], D[0]) > L[0] + 1  # another world

# %% [markdown]
# The losses are unlike those of any published law, by more than a nat at the smallest size; what follows does not depend on that.
# Every run has the same ratio $D/N$, so on logarithmic axes the five stand on one straight line, a *ray*.
# Put $D = 20N$ into the formula before you go on.
# What tells its two terms apart then?

# %% [markdown]
# ## Five constants, as given
#
# The recipe keeps the constants within bounds: none is negative, no exponent exceeds 1.
# Once two exponents are chosen, the other three constants are linear and least squares finds them.
# So try all pairs of exponents within the bounds, and keep those whose residuals are within one percent of the best.
# Predict first: how far apart can their answers be, for 70B on 1.4T tokens, and for 7B with the same compute, on 14T?


# %%
def linear_part(alpha, beta):
    """Sum of squares and (E, A, B), none negative, for given exponents."""
    terms = np.ones(N.size), (N / N[2]) ** -alpha, (D / D[2]) ** -beta
    x = np.stack(terms, axis=1)
    best = np.inf, np.zeros(3)
    for size in (1, 2, 3):
        for used in map(list, itertools.combinations(range(3), size)):
            part, *_ = np.linalg.lstsq(x[:, used], L)
            squares = np.sum((x[:, used] @ part - L) ** 2)
            if (part >= 0).all() and squares < best[0] - 1e-12:
                best = squares, np.zeros(3)
                best[1][used] = part
    squares, (E, A, B) = best
    return squares, E, A * N[2] ** alpha, alpha, B * D[2] ** beta, beta


def five_constants(row, n, d):
    """The recipe's formula, for one row of `fits`."""
    _, E, A, alpha, B, beta = row
    return E + A / n**alpha + B / d**beta


with warnings.catch_warnings():
    warnings.simplefilter("ignore", FitWarning)  # read in full below
    along = fit_along_ray(N, D, L)
g = along.law.p  # the one exponent that the ray shows
tried = np.sort([*np.linspace(0.04, 1, 25), g])
pairs = itertools.product(tried, tried)
fits = np.array([linear_part(*pair) for pair in pairs])
squares = fits[:, 0]
equal = fits[squares < squares.min() * 1.01**2]

print("alpha  beta      A     B     E   squares  7B/14T  70B/1.4T")
for alpha, beta in ((g, 1), (1, g)):
    row = fits[(fits[:, 3] == alpha) & (fits[:, 5] == beta)][0]
    rss, E, A, alpha, B, beta = row
    print(f"{alpha:5.3f}{beta:6.3f}{A:7.1f}{B:6.1f}{E:6.3f}{rss:10.6f}", end="")
    print(f"{five_constants(row, 7e9, 14e12):8.3f}", end="")
    print(f"{five_constants(row, 70e9, 1.4e12):10.3f}")
    assert round(rss / squares.min(), 5) == 1  # equal residuals
small = [five_constants(row, 7e9, 14e12) for row in equal]
large = [five_constants(row, 70e9, 1.4e12) for row in equal]
print(f"{len(equal)} of {len(fits)} pairs of exponents are within a percent:")
print(f"7B on 14T    {min(small):.2f} to {max(small):.2f} nats")
print(f"70B on 1.4T  {min(large):.2f} to {max(large):.2f} nats")
print(f"compute      {training_flops(70e9, 1.4e12):.3g} FLOP for either")
assert max(small) - min(small) > 0.5
assert max(large) - min(large) < 0.1

# %% [markdown]
# In the first row the data term is switched off, in the second the model term.
# SciPy's `curve_fit`, from the recipe's start and within its bounds, ends beside the first: $\beta$ on its bound, and a warning that the covariance could not be estimated (tried with version 1.18, not run here).
# The residuals cannot object: they are equal to the last digit printed.
# The prediction for 70B on 1.4T tokens is stable for one reason only, that this run lies on the ray too.

# %%
shares = np.array([0.999, 0.5, 0.001])  # of the term that is due to the model
k = along.law.k
twins = ChinchillaLaw(
    E=np.full(3, along.law.E), A=shares * k, alpha=np.full(3, g),
    B=(1 - shares) * k * along.q**g, beta=np.full(3, g),
)  # fmt: skip
assert np.ptp(twins.loss(N, D), axis=0).max() < 1e-12  # equal on the ray

ratios = np.geomspace(1, 2000, 60)
fig, ax = plt.subplots()
ax.axvline(along.q, color="C7", linestyle=":")
for loss, color, dash, name in zip(
    twins.loss(7e9, ratios * 7e9),
    ("C1", "C0", "C2"),
    ("--", "-", "-."),
    ("all model", "half", "all data"),
    strict=True,
):
    ax.plot(ratios, loss, dash, color=color, label=name)
    ax.text(2300, loss[-1], name, va="center")
ax.plot(along.q, along.predict(7e9), "o", color="C4")
ax.text(1.15 * along.q, 2.95, "the ray", va="center")
ax.set(xscale="log", xlabel="tokens per parameter of a 7B model")
ax.set_xticks([1, 20, 200, 2000], ["1", "20", "200", "2000"])
ax.minorticks_off()
ax.set(ylabel="predicted loss (nats per token)")
show(
    "fig-lab-twins",
    alt="Predicted loss of a 7B model against tokens per parameter from 1 "
    "to 2000, log axis. Three curves cross in one point at 20 tokens "
    "per parameter. At 2000 a flat line, all model, stays at 2.48, "
    "half reaches 2.20 and all data falls to 1.93 nats.",
    caption="Three laws, one set of residuals. They agree on the ray and "
    "nowhere else; dot: 7B on the ray.",
)

# %% [markdown]
# ## What the library answers
#
# A fit should not choose among equals in silence.
# `fit_chinchilla` refuses, and more pilots on the same ray do not change its mind.

# %%
sixth = [5e9], [along.q * 5e9], [along.predict(5e9)]
pilots = {5: (N, D, L), 6: np.hstack([(N, D, L), sixth])}
for count, table in pilots.items():
    try:
        fit_chinchilla(*table)
    except ValueError as error:
        print("\n  ".join(textwrap.wrap(f"{count} runs: {error}", 66)))
    else:
        raise AssertionError("it should have refused")

# %% [markdown]
# What five such runs do determine are three numbers, $L = E + k N^{-g}$ along the ray.

# %%
print("E, k, g:", ", ".join(f"{x:.4g}" for x in (along.law.E, k, g)))
print(f"70B on 1.4T: {along.predict(70e9, D=1.4e12):.3f} nats")
try:
    along.predict(7e9, D=14e12)
except ValueError as error:
    print("\n  ".join(textwrap.wrap(f"7B on 14T: {error}", 66)))
print("and a doubt:", *textwrap.wrap(along.notes[0], 54), sep="\n  ")
exact = fit_along_ray(N, D, BESIROGLU_2024.loss(N, D))  # a law that we know
draws = exact.bootstrap(2000, noise=0.01)
spread = draws.laws(70e9).std()
truth = BESIROGLU_2024.loss(70e9, 1.4e12)
print(f"a ray of Besiroglu's law: {exact.predict(70e9):.3f}, true {truth:.3f};")
print(f"with simulated noise of 0.01 nats it scatters by {spread:.3f}")
assert along.predict(70e9) - max(large) < 1e-9
assert abs(exact.predict(70e9) - truth) < 0.001
assert 0.02 < spread < 0.03

# %% [markdown]
# On the ray, extrapolation is honest work: the error is a few hundredths of a nat.
# Off the ray there is no answer to be had from these runs, and the best answer is that refusal.

# %% [markdown]
# ## Singular values
#
# The trouble can be seen before a single run: it is in the places of the runs, not in their losses.
# Write down how each loss reacts to each of $E, \ln A, \alpha, \ln B, \beta$ near a law that you believe, here Besiroglu's; scale each column of that table to length 1; take its singular values.
# The smallest one says how faintly the runs see the direction they see least.
# From here on three designs compete; write down which you expect to win.

# %%
believed = BESIROGLU_2024
nine = [6e18, 1e19, 3e19, 6e19, 1e20, 3e20, 6e20, 1e21, 3e21]  # FLOP
designs = {
    "five on a ray": PilotDesign(N, D),
    "3 x 3 grid": design_grid([1e7, 1e8, 1e9], [4, 20, 100]),
    "nine valleys": design_isoflop(believed, nine, sizes=7, width=5),
}


def singular_values(design, law=believed):
    """Of the derivatives of the losses, columns scaled to length 1."""
    N, D = design.N, design.D
    model, data = law.A * N**-law.alpha, law.B * D**-law.beta
    columns = [N**0, model, -model * np.log(N), data, -data * np.log(D)]
    scaled = [column / np.linalg.norm(column) for column in columns]
    return np.linalg.svd(np.stack(scaled, axis=1), compute_uv=False)


noise = 0.01  # nats, assumed
singular = {name: singular_values(design) for name, design in designs.items()}
precise = {
    name: design.precision(believed, noise, 70e9, 1.4e12) for name, design in designs.items()
}
for name, values in singular.items():
    ratio = values[0] / values[-1]
    print(f"{name:14}", *(f"{x:7.1g}" for x in values), f"  ratio {ratio:.3g}")
    assert np.isclose(ratio, precise[name].condition)  # what the library says
assert precise["five on a ray"].condition > 1e7
assert precise["3 x 3 grid"].condition < 300

# %%
looks = ("C4", "o-", 1), ("C0", "s--", 0.4), ("C2", "^-.", 2.2)
fig, ax = plt.subplots()
for (name, values), (color, mark, lift) in zip(singular.items(), looks, strict=True):
    ax.plot(range(1, 6), values, mark, color=color, label=name)
    ax.text(5.12, lift * values[-1], name, va="center")
ax.set(xlabel="singular value, from large to small", xlim=(0.8, 6.1))
ax.set_xticks(range(1, 6))
ax.set(yscale="log", ylabel="size (columns of length 1)")
ax.minorticks_off()
show(
    "fig-lab-singular",
    alt="Five singular values of three designs, log axis. All begin near "
    "2. Those of the grid and of the nine valleys end near 0.01; "
    "those of five runs on a ray fall steeply to about 4e-8.",
    caption="On a ray the last direction is invisible. Computed at "
    "Besiroglu's law; marks are joined to show their order.",
)

# %% [markdown]
# On the ray the last value is not zero only because $\alpha$ and $\beta$ differ a little in that law.
# Divided through by it, noise of a hundredth of a nat becomes nonsense.

# %% [markdown]
# ## A grid of nine
#
# Spread the ratio as well: three sizes, each with 4, 20 and 100 tokens per parameter.
# The same algebra turns singular values into standard deviations: of the exponent $a$ in $N^* \propto C^a$, of the loss of 70B on 1.4T, and of the best size at that budget.
# The noise is an assumption, 0.01 nats per run.

# %%
C = training_flops(70e9, 1.4e12)
best = believed.optimum(C).N
print("standard deviation of    a  loss (nats)   ln N*   runs     FLOP")
for name, sd in precise.items():
    design = designs[name]
    print(f"{name:14}{sd.a_sd:12.2g}{sd.loss_sd:13.2g}", end="")
    print(f"{sd.log_N_sd:8.2g}{len(design):7}{design.flops:9.2g}")
grid = designs["3 x 3 grid"]
rehearsed = study_pilots(believed, grid, C, noise=noise, fits=["surface"])
low, high = rehearsed.surface.N_interval
print(f"grid, 200 simulated studies: sd of a {rehearsed.surface.a_sd:.3f},")
print(f"N* in [{human(low, 2)}, {human(high, 2)}], true {human(best)},", end=" ")
print(f"for {percent(rehearsed.cost_share, 2)} of the compute planned")
assert precise["five on a ray"].a_sd > 50
assert round(precise["3 x 3 grid"].a_sd, 2) == 0.01
assert grid.precision(believed, 0.005, 70e9, 1.4e12).a_sd < 0.01
assert rehearsed.surface.a_sd < 0.02
assert low < best < high

# %% [markdown]
# Four more runs, and the exponent goes from unknown to known within about a hundredth.
# The simulated studies scatter somewhat more than the algebra says, since they are fitted robustly as real ones would be, and because no law is linear in its constants.
# The ratio of singular values, by the way, is as good for the grid as for the nine valleys: it tells whether a question has an answer, the standard deviations tell how good the answer is.

# %% [markdown]
# ## Nine budgets, seven sizes
#
# The other classic is an IsoFLOP study: several budgets, at each of them several sizes, a parabola in $\ln N$ through their losses, a line through the vertices.
# Here are 63 runs at nine budgets, the seven sizes within a factor of 5 to either side of the optimum that you expect.
# Five hundred simulated studies for each noise.

# %%
valleys = designs["nine valleys"]
parabolas = {"experiments": 500, "fits": ["isoflop"]}
for sd in (0.005, 0.01):
    study = study_pilots(believed, valleys, C, noise=sd, **parabolas)
    low, high = np.array(study.isoflop.N_interval) / 1e9
    print(f"noise {sd}: sd of a {study.isoflop.a_sd:.4f},", end=" ")
    print(f"N* in [{low:.0f}, {high:.0f}]B")
    assert low < best / 1e9 < high
    if sd == 0.005:
        assert 0.9 * best < 1e9 * low < 1e9 * high < 1.1 * best  # a tenth
print(f"true a {believed.a:.4f}, N* {human(best)};", end=" ")
print(f"cost {valleys.flops:.3g} FLOP, {percent(study.cost_share, 2)} of the run")
assert round(study.cost_share, 2) == 0.06

# %% [markdown]
# These intervals know one danger only, noise.
# The next one does not shrink with more runs.

# %% [markdown]
# ## Off-centre windows
#
# A valley is no parabola: unless $\alpha = \beta$, one arm is steeper, and the vertex misses the best size.
# By how much depends on the exponents and on the window, no longer on the budget.
# First, windows whose middle is right, seven sizes in each.

# %%
laws = {
    "Besiroglu": BESIROGLU_2024,
    "Hoffmann": HOFFMANN_2022,  # at the precision of the paper's source
    "printed": HOFFMANN_2022_PRINTED,
}


def bias(law, width=5, centre=1):
    """Vertex over best size, seven sizes in a window around `centre`."""
    window = centre * np.geomspace(1 / width, width, 7)
    return isoflop_bias(law.alpha, law.beta, window).exact


widths = 2, 5, 10, 30
print("vertex over best size; window of a factor")
print(" " * 12 + "".join(f"{width:8}" for width in widths))
for name, law in laws.items():
    row = [bias(law, width) for width in widths]
    print(f"{name:12}" + "".join(f"{x:8.3f}" for x in row))
    assert abs(np.log(row[0])) < 0.005 < abs(np.log(row[-1]))

# %%
centres = np.geomspace(1 / 4, 4, 41)
off = {}
fig, ax = plt.subplots()
ax.axhline(1, color="C7", linewidth=1.5)
for name, color, dash in (("Besiroglu", "C0", "-"), ("Hoffmann", "C1", "--")):
    off[name] = np.array([bias(laws[name], centre=c) for c in centres])
    ax.plot(centres, off[name], dash, color=color, label=name)
    ax.text(4.2, off[name][-1], name, va="center")
ax.set(xscale="log", xlabel="middle of the window / true best size")
ax.set(ylabel="vertex of the parabola / true best size")
ax.set_xticks([0.25, 0.5, 1, 2, 4], ["1/4", "1/2", "1", "2", "4"])
ax.minorticks_off()
show(
    "fig-lab-off-centre",
    alt="Vertex of the parabola over the true best size, against the "
    "middle of the window over the best size, from a quarter to four. "
    "Both curves run near 1 from a half to two; at a quarter they "
    "fall to 0.93 (Besiroglu) and 0.91 (Hoffmann), at four they rise "
    "to 1.10 and 1.04.",
    caption="A window that is off by two hardly matters, one that is off by "
    "four does. No noise: seven sizes within a factor of 5 either "
    "side of a middle that is wrong.",
)
middle = (centres >= 0.5) & (centres <= 2)
assert abs(np.log(off["Besiroglu"][middle])).max() < 0.01

# %% [markdown]
# The vertex is pulled towards the middle of the window, a little.
# If the middle is wrong by the same factor at every budget, all vertices move by one factor and the exponent stays exact.
# The dangerous window drifts: the same seven sizes at every budget, say, because they were at hand.


# %%
def drifting(law, power, width=5):
    """IsoFLOP fit without noise; the window's middle goes as C^power."""
    budgets = np.array(nine)
    middle = np.exp(np.mean(np.log(budgets)))
    centre = law.optimum(middle).N * (budgets / middle) ** power
    window = np.geomspace(1 / width, width, 7)
    size, spent = np.multiply.outer(centre, window).ravel(), np.repeat(budgets, 7)
    return fit_isoflop(spent, size, law.isoflop(spent, size))


print("middle grows as   a found   true   N* found / true")
for power, name in ((0, "same sizes"), (0.5, ""), (0.73, "Kaplan"), (1, "")):
    fit = drifting(believed, power)
    assert all(row.used for row in fit.table)  # every vertex inside its window
    print(f"C^{power:<5}{name:11}{fit.a:7.3f}{believed.a:7.3f}", end="")
    print(f"{fit.law(C) / best:12.2f}")
same = drifting(believed, 0)
assert believed.a - same.a > 5 * 0.004  # five times the scatter by noise
assert same.law(C) / best < 0.8
assert abs(drifting(believed, 0.5).a - believed.a) < 0.001
assert abs(drifting(believed, 0.73).law(C) / best - 1) < 0.01

# %% [markdown]
# Without any noise, the same sizes at every budget put the best size a fifth or more too low.
# A window that follows even a wrong exponent, Kaplan's 0.73, does no harm.
# So let the window move with the budget, and look at each parabola: a vertex near the end of its window is a warning.

# %% [markdown]
# ## Cost of the study
#
# Six percent of the planned compute is a lot of money.
# Where does it go, and what does it buy?
# Leave out the largest budgets, one after the other, and watch the scatter of $N^*$ at the planned budget; do it with seven sizes per budget and with three.

# %%
print("budgets  largest     7 sizes            3 sizes")
print("                    cost  sd of ln N*   cost  sd of ln N*")
price = {7: [], 3: []}
for many in range(3, 10):
    print(f"{many:7}{nine[many - 1]:9.0e}", end="")
    for count, rows in price.items():
        design = design_isoflop(believed, nine[:many], sizes=count)
        study = study_pilots(believed, design, C, noise=0.005, **parabolas)
        scatter = np.log(study.isoflop.laws(C)).std()
        rows.append((study.cost_share, scatter))
        print(f"{percent(study.cost_share, 2):>8}{scatter:11.3f}", end="")
    print()
seven, three = np.array(price[7]), np.array(price[3])
last = 1 - seven[-2, 0] / seven[-1, 0]
print(f"the last budget takes {percent(last, 2)} of the cost;")
print(f"the scatter falls from {seven[-2, 1]:.3f} to {seven[-1, 1]:.3f}")
assert last > 0.5
assert seven[-2, 1] < 1.1 * seven[-1, 1]
# eight budgets of seven sizes cost less than nine of three, and say more
assert (seven[5] < three[-1]).all()

# %%
looks = ("C0", "o-", "seven sizes"), ("C5", "s--", "three sizes")
fig, ax = plt.subplots()
for points, (color, mark, name) in zip((seven, three), looks, strict=True):
    cost, scatter = 100 * points.T
    ax.plot(cost, scatter, mark, color=color, label=name)
ax.text(0.065, 13, "seven sizes, 3 budgets", va="center")
ax.text(0.028, 17, "three sizes, 3 budgets", va="center")
ax.text(6, 3.3, "9 budgets", ha="center", va="top")
ax.set(xscale="log", xlabel="cost of the study (% of the planned run)")
ax.set(yscale="log", ylabel="scatter of the best size (%)", ylim=(2.5, 22))
ax.set_xticks([0.01, 0.1, 1, 10], ["0.01", "0.1", "1", "10"])
ax.set_yticks([3, 5, 10, 20], ["3", "5", "10", "20"])
ax.minorticks_off()
show(
    "fig-lab-study-cost",
    alt="Scatter of the best size in percent against the cost of the "
    "study in percent of the planned run, log axes. With seven sizes "
    "it falls from 13 at a cost of 0.05 to 4 at 6 and is nearly flat "
    "at the end. The line for three sizes starts further left, "
    "crosses at 0.2 and ends above.",
    caption="A tenth of the money buys most of the precision. Simulated: 500 "
    "studies per point, noise of 0.005 nats, windows of a factor 5 "
    "either side, Besiroglu's law; three to nine budgets from left to "
    "right.",
)

# %% [markdown]
# The largest budget costs more than all others together and improves the answer by a few percent of itself.
# With little money, reach is the better buy: three sizes at more budgets; from about a quarter of a percent on it is sizes, seven at fewer budgets.
# All this trusts the law, and a longer reach also tests it, which no simulation of that law can.

# %% [markdown]
# ## The real case
#
# Does any of this hold for runs that were not drawn from a law?
# The lab of this book trained small models, three seeds of each size and budget, on text from a source of known entropy.
# Its plan, written before the runs, fits a parabola through the five sizes around the lowest mean loss of each budget.
# Suppose you could have afforded three or four of those five.
# Predict: how far does the best size move?

# %%
runs = recorded("lab_runs.csv")
budgets = np.unique(runs.budget)
cells = {}  # budget: sizes, and the mean loss of the seeds at each
for budget in budgets:
    here = runs.where(runs.budget == budget)
    size = np.unique(here.N)
    mean = [here.loss[n == here.N].mean() for n in size]
    cells[budget] = size, np.array(mean)


def around_the_lowest(count, size, loss):
    """`count` neighbouring sizes, the lowest loss near their middle."""
    count = min(count, len(size))
    first = np.clip(loss.argmin() - count // 2, 0, len(size) - count)
    part = slice(first, first + count)
    return size[part], loss[part]


def vertex(size, loss):
    """ln N at the bottom of the parabola; nan without one inside."""
    x = np.log(size / size[0])
    bend, slope, _ = np.polyfit(x, loss, 2)
    bottom = -slope / (2 * bend)
    inside = bend > 0 and x.min() < bottom < x.max()
    return bottom + np.log(size[0]) if inside else np.nan


def exponent(bottoms):
    """Slope of the line through the vertices, over the last axis."""
    x = np.log(budgets) - np.log(budgets).mean()
    return bottoms @ x / (x @ x)


def kept(count):
    """Columns C, N, L of `count` sizes per budget."""
    parts = [around_the_lowest(count, *cell) for cell in cells.values()]
    spent = np.repeat(budgets, [len(size) for size, _ in parts])
    return spent, *map(np.concatenate, zip(*parts, strict=True))


plan = {budget: around_the_lowest(NEAREST, *cells[budget]) for budget in budgets}
found = np.array([vertex(*five) for five in plan.values()])
line = fit_isoflop(*kept(NEAREST))
assert np.allclose(exponent(found), line.a)  # two routes, one exponent
print("budget (FLOP)        sizes kept  best size  tokens/parameter")
for (budget, (size, _)), bottom in zip(plan.items(), found, strict=True):
    sizes, N_best = f"{size[0]} to {size[-1]}", np.exp(bottom)
    print(f"{budget:13.0e}{sizes:>18}{N_best:11.0f}", end="")
    print(f"{budget / (6 * N_best**2):17.0f}")
print(f"a = {line.a:.3f}")

# %%
dropped, a_of = {}, {}
for count in (3, 4):
    picks = list(map(list, itertools.combinations(range(NEAREST), count)))
    bottoms = [[vertex(size[p], loss[p]) for p in picks] for size, loss in plan.values()]
    dropped[count] = np.exp(np.array(bottoms) - found[:, None])
    usable = [[x for x in row if np.isfinite(x)] for row in bottoms]
    a_of[count] = exponent(np.array(list(itertools.product(*usable))))
    lost = np.isnan(dropped[count]).sum()
    away = np.nanmax(abs(np.log(dropped[count])))
    low, high = np.quantile(a_of[count], [0.025, 0.975])
    print(f"{count} of 5 sizes, {len(picks)} ways at each budget:")
    print(f"  {lost} of {dropped[count].size} have no minimum inside,", end=" ")
    print(f"others miss by up to {percent(np.expm1(away), 2)};")
    print(f"  a in [{low:.3f}, {high:.3f}] for 95 % of combinations")
assert np.ptp(a_of[3]) > np.ptp(a_of[4]) > 0
assert np.nanmax(abs(dropped[4] - 1)) < 0.05 < np.nanmax(abs(dropped[3] - 1)) < 0.1

# %%
fig, ax = plt.subplots()
ax.axhline(1, color="C7", linewidth=1.5)
for count, color, mark, shift in ((3, "C5", "s", 0.9), (4, "C0", "o", 1.1)):
    ways = dropped[count].shape[1]
    spots, ratios = np.repeat(shift * budgets, ways), dropped[count].ravel()
    ax.plot(spots, ratios, mark, color=color, alpha=0.6, label=f"{count} sizes")
ax.set(xscale="log", xlabel="budget (FLOP)")
ax.set(ylabel="best size / best size of five")
ax.legend(loc="upper right", ncols=2)
show(
    "fig-lab-kept",
    alt="Best size found with three or four of five sizes, over the best "
    "size found with all five, at the lab's five budgets from 1e10 to "
    "1e12 FLOP. Squares for three sizes lie between 0.98 and 1.09, "
    "dots for four between 0.99 and 1.04.",
    caption="Fewer sizes, wider scatter. Recorded runs: lab_runs.csv, means "
    "of three seeds, the five sizes around the lowest of each budget; "
    "every way to drop one or two.",
)

# %% [markdown]
# Three sizes can miss the minimum altogether or place it almost a tenth off; any four come within a twentieth of the five.
# That looks harmless, and it is not the whole cost: all combinations share the same runs and so the same noise, and their range is no confidence interval.
# What would a *repeated* study with three sizes find?
# Rehearse the lab as you rehearsed the designs: take the surface that fits its rows and the scatter of its seeds, and simulate.
# Without noise the same surface shows whether the opposite danger is real, that all sizes at once make a window too wide for a parabola.

# %%
surface = fit_chinchilla(runs.N, runs.D, runs.loss, delta=DELTA).law
cell = [  # the seeds of each size that the plan keeps
    runs.loss[(runs.budget == budget) & (n == runs.N)]
    for budget, (size, _) in plan.items()
    for n in size
]
seeds = len(cell[0])
seed_sd = np.sqrt(np.mean(np.var(cell, axis=1, ddof=1)))
print(f"scatter of one run {seed_sd:.4f} nats, {seeds} seeds in each mean")


def rms(fit):
    """Of the residuals around all parabolas, nats."""
    return np.sqrt(np.mean([row.residual_rms**2 for row in fit.table]))


print("         recorded      simulated      without noise")
print("sizes     a     rms      sd of a         a     rms")
rehearsal = {}
for count in (3, 4, 5, 7):
    spent, size, loss = kept(count)
    design = PilotDesign(size, spent / (6 * size))
    fit = fit_isoflop(spent, size, loss)
    shape = fit_isoflop(spent, size, surface.isoflop(spent, size))
    study = study_pilots(surface, design, budgets[-1], noise=seed_sd / seeds**0.5, **parabolas)
    rehearsal[count] = fit.a, study.isoflop.a_sd, rms(fit), rms(shape), shape.a
    recorded_rms, shape_rms = (f"{x:8.4f}".replace("nan", "  –") for x in rehearsal[count][2:4])
    print(f"{count:5}{fit.a:8.3f}{recorded_rms}", end="")
    print(f"{study.isoflop.a_sd:13.3f}{shape.a:10.3f}{shape_rms}")
print(f"the surface itself: a = {surface.a:.3f}")
assert rehearsal[3][1] > 2 * rehearsal[5][1]
assert rehearsal[3][1] > np.std(a_of[3])  # shared runs hide most of the noise

# %%
narrow, planned, wide = (rehearsal[count] for count in (3, 5, 7))
short = np.mean(runs.steps <= CENTRAL["steps"])
assert abs(wide[4] - surface.a) < 0.005  # shape hardly moves the exponent
assert wide[3] < seed_sd / seeds**0.5  # and hides in the noise
Markdown(f"""
The lab reports a = {planned[0]:.3f} from five sizes; the three central ones would have given {narrow[0]:.3f}, all of them {wide[0]:.3f}.
Three look as good as five, by luck: repeated with new seeds, three sizes would scatter by {narrow[1]:.3f}, five by {planned[1]:.3f}, had the fitted surface been the truth and the scatter the same at every budget (it falls with the budget).
The wide window does no harm here: without noise all sizes give {wide[4]:.3f} on a surface of {surface.a:.3f}, and their parabolas leave {wide[3]:.4f} nats, less than the noise of a mean of {seeds} seeds, {seed_sd / seeds**0.5:.4f}.

Read these as numbers about a method.
The models have {runs.n_layer[0]} layers, a context of {runs.ctx[0]} characters and an alphabet of {runs.V[0]}, at no more than {human(runs.N.max())} parameters: neither their exponent nor their ratio of tokens to parameters says anything about large models.
{percent(short, 2)} of the runs, those of large models on few tokens, take {CENTRAL["steps"]} steps or fewer, where the warm-up and the start at ln 32 matter; a law fitted to the other runs does not describe them.
All runs follow one rule for the learning rate; where that rule suits one side of a valley better, the vertex moves.
""")

# %% [markdown]
# ## What to keep

# %%
Markdown(f"""
1. Before you train, compute the singular values of the design: {precise["five on a ray"].condition:.1g} to 1 on a ray, {precise["3 x 3 grid"].condition:.0f} to 1 on a grid of {len(grid)} runs.
2. On a ray fit three numbers, and ask only about runs on that ray.
3. Let the windows follow the budgets: the same sizes everywhere put the best size {percent(1 - same.law(C) / best, 2)} too low without any noise.
4. The largest budget took {percent(last, 2)} of the study's compute; buy it to test the law rather than to reduce noise.
5. Rehearse: {valleys.flops:.2g} FLOP of training were priced and graded here in seconds, with a law that you name and a noise that you state.
""")

# %% [markdown]
# ## Tasks
#
# Write your answer down before you open a solution.
# Its code continues this notebook: paste it into a cell to run it.
#
# **1. Rescue the five pilots.** You may add one run off the ray, or two. What does each buy?
#
# <details markdown="1">
# <summary>Solution 1</summary>
#
# ```python
# for added in ([], [(1e8, 100)], [(1e8, 4), (1e8, 100)], [(1e7, 100), (1e9, 4)]):
#     n = np.append(N, [size for size, _ in added])
#     d = np.append(D, [size * ratio for size, ratio in added])
#     sd = PilotDesign(n, d).precision(believed, 0.01, 70e9, 1.4e12)
#     print(f"{len(added)} added: ratio {sd.condition:.2g}, sd of a {sd.a_sd:.2g}")
# ```
#
# ```text
# 0 added: ratio 5.7e+07, sd of a 68
# 1 added: ratio 3e+04, sd of a 2.2
# 2 added: ratio 5.3e+02, sd of a 0.034
# 2 added: ratio 3.1e+02, sd of a 0.021
# ```
#
# One run off the ray is one equation for two unknowns, the exponents of the two terms: still hopeless.
# Two on opposite sides do it, better at the two ends of the range than both at one size.
#
# </details>
#
# **2. A small study.** Three budgets, 1e19, 1e20 and 1e21 FLOP, five sizes each, noise of 0.005 nats: what do you know about the best size at 1e23, and for what share of its cost?
#
# <details markdown="1">
# <summary>Solution 2</summary>
#
# ```python
# design = design_isoflop(believed, [1e19, 1e20, 1e21], sizes=5)
# study = study_pilots(believed, design, 1e23, noise=0.005, **parabolas)
# low, high = study.isoflop.N_interval
# print(f"N* in [{low / 1e9:.0f}, {high / 1e9:.0f}]B, true {human(believed.optimum(1e23).N)}")
# print(f"sd of a {study.isoflop.a_sd:.4f}, cost {percent(study.cost_share, 2)}")
# ```
#
# ```text
# N* in [26, 33]B, true 29.4B
# sd of a 0.0071, cost 5.6%
# ```
#
# Fifteen runs, and a simulated 95 % interval of about a tenth either side, two decades beyond the largest budget: if the law holds that far.
#
# </details>
#
# **3. Mend the drift.** The losses of the study with the same sizes at every budget have no noise, yet its exponent is wrong. Repair it without new runs.
#
# <details markdown="1">
# <summary>Solution 3</summary>
#
# ```python
# size, loss = (np.concatenate(part) for part in zip(*same.runs, strict=True))
# spent = np.repeat(nine, 7)
# for law in (believed, HOFFMANN_2022):
#     mended = fit_isoflop(spent, size, loss, debias=(law.alpha, law.beta))
#     print(f"a {mended.a:.4f}, N* {human(mended.law(C))}, true {human(best)}")
# surface_again = fit_chinchilla(size, spent / (6 * size), loss).law
# print(f"a {surface_again.a:.4f}, N* {human(surface_again.optimum(C).N)}")
# ```
#
# ```text
# a 0.5126, N* 73B, true 73B
# a 0.5060, N* 70B, true 73B
# a 0.5126, N* 73B
# ```
#
# `debias` divides each vertex by the bias of its own window, at the price of exponents from elsewhere; with the wrong ones it still helps most of the way.
# The surface needs no such help: it uses the runs for what they are.
#
# </details>
#
# **4. How wide a window?** Wide windows suffer less from noise and more from bias. Take Hoffmann's law as the truth, noise of 0.005 nats and nine budgets. Which width has the least error of $N^*$ at 5.88e23 FLOP?
#
# <details markdown="1">
# <summary>Solution 4</summary>
#
# ```python
# for width in (2, 3, 5, 7, 10, 30):
#     design = design_isoflop(HOFFMANN_2022, nine, width=width)
#     study = study_pilots(HOFFMANN_2022, design, C, noise=0.005, **parabolas)
#     off_by = np.log(study.isoflop.laws(C) / HOFFMANN_2022.optimum(C).N)
#     both = np.sqrt(np.mean(off_by**2))
#     print(f"{width:2}: bias {off_by.mean():.3f}, noise {off_by.std():.3f}, both {both:.3f}")
# ```
#
# ```text
#  2: bias 0.003, noise 0.124, both 0.124
#  3: bias 0.008, noise 0.063, both 0.063
#  5: bias 0.018, noise 0.041, both 0.045
#  7: bias 0.026, noise 0.034, both 0.043
# 10: bias 0.037, noise 0.028, both 0.046
# 30: bias 0.081, noise 0.018, both 0.083
# ```
#
# Five to ten either side, and it hardly matters which: the sum is flat where one error takes over from the other.
#
# </details>
#
# **5. One seed.** The lab averaged three seeds. What exponent would each seed alone have given, with the same five sizes?
#
# <details markdown="1">
# <summary>Solution 5</summary>
#
# ```python
# for seed in np.unique(runs.seed):
#     own = runs.where(runs.seed == seed)
#     bottoms = [
#         vertex(size, np.array([own.loss[(own.budget == b) & (own.N == n)][0] for n in size]))
#         for b, (size, _) in plan.items()
#     ]
#     print(f"seed {seed}: a {exponent(np.array(bottoms)):.3f}")
# ```
#
# ```text
# seed 100: a 0.506
# seed 101: a 0.545
# seed 102: a 0.533
# ```
#
# Compare their spread with the simulated one for five sizes: a single seed scatters more than the mean of three by the root of three.
#
# </details>
