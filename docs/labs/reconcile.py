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
# description: Kaplan found 0.73, Hoffmann 0.50. Change the counting, the range, the warm-up, the learning rate and the decay, by law and on recorded runs, and watch which of them moves the exponent.
# ---

# %% [markdown]
# # Kaplan inside a Chinchilla world
#
# One group finds that the best model size grows as $C^{0.73}$, another that it grows as $C^{0.50}$.
# Did one of them measure badly?
#
# **No. Counted as Kaplan counted, over the sizes he had, a world that obeys Chinchilla's law shows an exponent of 0.75 to 0.79, and a warm-up that is too long for small budgets steepens the line as well.
# On recorded runs the same recount moves the exponent by hundredths, as the accounting predicts; a learning rate too low for short runs raises it a little; reading runs before their decay is over would lower it.**
#
# First you change one thing after the other in a world that obeys a law of Chinchilla's form; then you repeat what can be repeated on recorded runs of this book's lab.
# Each claim is an `assert`: if one were false, this page would not exist.
#
# The chapter to this lab is [Kaplan et al. 2020](../6-7/kaplan.md).
# $N$ counts parameters, $D$ tokens, and $a$ is the exponent of the best size, $N^* \propto C^a$.

# %%
# Library missing? Run once in a cell of its own:
# > %pip install --quiet matplotlib "scaling-core @ git+https://example.org/scaling-laws-computed/source"
import matplotlib.pyplot as plt
import numpy as np
from IPython.display import Markdown

from scaling_core import (
    BESIROGLU_2024,
    HOFFMANN_2022,
    HOFFMANN_2022_PRINTED,
    KAPLAN_2020,
    KAPLAN_2020_NS,
    PORIAN_2024,
    fit_chinchilla,
    human,
    local_exponent,
    regression_exponent,
    total_params,
)
from scaling_core.book.show import show, use_style
from scaling_core.lab.plan import CENTRAL, DELTA, NEAREST, RESAMPLES
from scaling_core.lab.recorded import recorded

use_style()
laws = {
    "printed": HOFFMANN_2022_PRINTED,
    "Hoffmann": HOFFMANN_2022,
    "Besiroglu": BESIROGLU_2024,
}

# %% [markdown]
# ## Two explanations that cannot be right
#
# Often said: the models of Kaplan et al. were not trained to convergence.
# But a run that makes the most of its compute stops early in *either* world.
# Write down how far above its converged loss a compute-optimal model of Chinchilla stops; Kaplan's answer is the ratio of two of his exponents.

# %%
kaplan_stop = KAPLAN_2020_NS.alpha_N / KAPLAN_2020_NS.alpha_S
print(f"Kaplan: stop {kaplan_stop:.0%} above the converged loss")
for name, law in laws.items():
    best = law.optimum([1e19, 1e21, 1e23])
    stops = best.loss / law.loss(best.N, np.inf) - 1
    shown = ", ".join(f"{stop:.0%}" for stop in stops)
    print(f"{name:10}{shown} at 1e19, 1e21, 1e23 FLOP")
    assert stops[1] > kaplan_stop > stops[2]

# %% [markdown]
# Up to $10^{21}$ FLOP Chinchilla's law stops even *earlier* than Kaplan's rule.
# Neither optimum is trained to convergence, so that cannot be the difference.
#
# Also said: compute was not held fixed when sizes were compared.
# It was: 0.73 *is* the exponent of the size that is best at a given compute.
#
# What was found instead, by repeating Kaplan's study and mending one thing after the other, is a ladder.
# Each row keeps the repairs of the rows above it.

# %%
ladder = {data: [row.value for row in rows.values()] for data, rows in PORIAN_2024.items()}
print(f"{'a, after Porian et al. 2024':34}{'RefinedWeb':>11}{'OpenWebText2':>14}")
for step, *values in zip(PORIAN_2024["RefinedWeb"], *ladder.values(), strict=True):
    print(f"{step:34}{values[0]:11.3f}{values[1]:14.3f}")
for data, values in ladder.items():
    shares = -np.diff(values) / (values[0] - values[-1])
    print(f"{data}: counting {shares[0]:.0%}, warm-up {shares[1]:.0%}, ", end="")
    print(f"decay {shares[2]:.0%}, tuning {shares[3]:.0%} of the way")
    assert shares[2] == shares.min() < 0.1
    assert shares[:2].sum() > 0.65

# %% [markdown]
# Counting (there: the compute of the last layer) and warm-up are two thirds of the way and more; the decay of the learning rate, which Hoffmann et al. named, is the smallest step on both data sets.
# The rest of this lab takes the steps one by one.

# %% [markdown]
# ## Change the counting and the range
#
# Kaplan et al. counted neither the embeddings' parameters nor their compute.
# Pearce and Song 2024 put the total into the law, $N = N_E + 47491\,N_E^{1/3}$, and leave everything else as Chinchilla has it: models that obey the law, sized perfectly, counted by somebody else.
# Kaplan's models had 768 to 1.5 billion parameters without embeddings.
# Predict: which exponent does his straight line show, in a world whose true one is about a half?

# %%
ranges = [(768, 1.5e9), (1e5, 1e8), (1e8, 1e10), (1e10, 1e12)]
print(f"{'sizes without embeddings':26}" + "".join(f"{name:>10}" for name in laws))
slopes = {}
for low, high in ranges:
    slopes[low] = [float(regression_exponent(law, low, high)) for law in laws.values()]
    print(f"{human(low):>6} to {human(high):16}", end="")
    print("".join(f"{slope:10.3f}" for slope in slopes[low]))
print(f"{'counted in full':26}" + "".join(f"{law.a:10.3f}" for law in laws.values()))
few = float(regression_exponent(BESIROGLU_2024, spacing="size", points=7))
print("(lines through 1,000 optima, evenly spaced in the logarithm of compute;")
print(f" 7 sizes evenly spaced give {few:.3f} instead of {slopes[768][2]:.3f})")
assert [round(slope, 3) for slope in slopes[768]] == [0.746, 0.75, 0.788]
assert all(slope > law.a + 0.25 for slope, law in zip(slopes[768], laws.values(), strict=True))
assert all(slope < law.a + 0.01 for slope, law in zip(slopes[1e10], laws.values(), strict=True))
assert abs(few - slopes[768][2]) < 0.02

# %%
sizes = np.geomspace(768, 1e12, 300)
fig, ax = plt.subplots()
ax.axvspan(768, 1.5e9, color="C3", alpha=0.12, linewidth=0)
ax.text(1.2e9, 1.0, "Kaplan's sizes", ha="right", va="top")
ax.axhline(KAPLAN_2020.p_N, color="C3", linestyle=":")
ax.text(8e11, KAPLAN_2020.p_N + 0.01, f"Kaplan's {KAPLAN_2020.p_N}", ha="right", va="bottom")
for (name, law), color, dash in zip(list(laws.items())[1:], ("C1", "C0"), ("--", "-"), strict=True):
    curve = local_exponent(law, sizes)
    ax.plot(sizes, curve, dash, color=color, label=name)
    ax.text(1.6e12, curve[-1], name, va="center")
ax.set(xscale="log", xlabel="parameters without embeddings")
ax.set(ylim=(0.4, 1.02), ylabel="local exponent of the best size")
ax.set_xticks([1e3, 1e6, 1e9, 1e12], ["1K", "1M", "1B", "1T"])
ax.minorticks_off()
show(
    "fig-lab-local-exponent",
    alt="Local exponent of the best size without embeddings, against that size from 1K to 1T. Both curves start near 0.74, rise to 0.98 at two million parameters, fall through Kaplan's 0.73 near 20 and 26 million and level off at 0.51 and 0.46 beyond ten billion. A band marks Kaplan's sizes, up to 1.5 billion.",
    caption="What you count decides the exponent only while embeddings are a large part of the model. Two laws of Chinchilla's form, embeddings left out of parameters and compute (Pearce and Song 2024); nothing else differs.",
)
crossing = sizes[local_exponent(BESIROGLU_2024, sizes) > KAPLAN_2020.p_N][-1]
share = 1 - crossing / total_params(crossing)
print(f"0.73 is crossed at {human(crossing, 2)}, where embeddings are {share:.0%} of the model")

# %% [markdown]
# The third digit depends on the law and on where the points of the line lie, so say both with it; the authors' own grid gives 0.78 and 0.74.
# The finding does not depend on them: a perfectly measured Chinchilla world, counted as Kaplan counted over his range, shows about three quarters.
# Beyond ten billion parameters the same omission would have gone unnoticed.

# %% [markdown]
# ## Change the warm-up
#
# Every model of Kaplan et al. warmed up for 3,000 steps of half a million tokens, 1.57 billion tokens in all.
# A compute-optimal model of a small budget trains on fewer than that in total.
# A toy: count only part of the warm-up as training, $D_\text{eff} = D - f \cdot 1.57 \cdot 10^9$, and let everyone choose the best size for $10^{17}$ to $3 \cdot 10^{20}$ FLOP.

# %%
warm_up = 3000 * 512 * 1024  # steps, sequences, tokens
grid = np.linspace(np.log(1e17), np.log(3e20), 200)


def exponent_with_waste(law, wasted):
    """Slope of ln N* over ln C on the grid, if so many tokens teach nothing."""
    taught = np.geomspace(1e6, 1e13, 4000)  # D_eff; the optimum is closed in it
    slope = law.alpha * law.A / (law.beta * law.B)
    read = taught + wasted
    C = 6 * (slope * read ** (law.alpha - 1) * taught ** (law.beta + 1)) ** (1 / law.alpha)
    lnN = np.interp(grid, np.log(C), np.log(C / (6 * read)))
    return np.polyfit(grid, lnN, 1)[0]


wasted_shares = (0, 0.25, 0.5, 1)
print("share of the warm-up that teaches nothing")
print(f"{'':12}" + "".join(f"{share:8}" for share in wasted_shares))
wasted = {}
for name, law in laws.items():
    wasted[name] = [exponent_with_waste(law, share * warm_up) for share in wasted_shares]
    print(f"{name:12}" + "".join(f"{a:8.3f}" for a in wasted[name]))
    assert abs(wasted[name][0] - law.a) < 1e-3
    assert (np.diff(wasted[name]) > 0).all()
smallest = BESIROGLU_2024.optimum(1e17)
print(f"at 1e17 FLOP the best run has {human(smallest.D)} tokens, the warm-up {human(warm_up)}")
assert warm_up > smallest.D
assert round(wasted["Besiroglu"][2], 2) == 0.63

# %% [markdown]
# A warm-up of fixed length taxes small budgets most, and they escape the tax by training smaller models for longer: the line gets steeper.
# That a wasted share describes a warm-up is the toy's assumption; that a warm-up scaled to the model lowers the exponent is what Porian et al. measured.

# %% [markdown]
# ## The lab's runs, counted four ways
#
# So far the world obeyed a law by decree.
# The lab of this book trained models of two layers on a character source: five budgets, six or seven sizes at each, three seeds.
# Their budgets were set with body and head counted, as $6ND$.
# Now recount the *same* runs: with the embedding, without the head too, or by the matrix products that were executed, divided by $6D$ so that it reads as a size.
# Every count is a fit of $L = E + A M^{-\alpha} + B D^{-\beta}$ to the same losses, with another $M$, and $a = \beta/(\alpha + \beta)$.
# The central rows, by a filter that was chosen after a look at trial runs and fixed before these, have more than 1,500 parameters and more than 200 steps.
# The alphabet has 32 symbols only; how large can the effect be?

# %%
runs = recorded("lab_runs.csv")
assert (runs.status == "ok").all()
cells = np.array([f"{C:.0e} {d}" for C, d in zip(runs.budget, runs.d, strict=True)])
counts = {
    "all parameters": runs.N + runs.n_emb,
    "body and head": runs.N,
    "body only": runs.n_body,
    "executed FLOP": runs.flops_exec / (6 * runs.D),
}
masks = {
    "all rows": np.full(len(runs), True),
    "central rows": (CENTRAL["N"] < runs.N) & (runs.steps > CENTRAL["steps"]),
}
print("width  " + "".join(f"{name:>16}" for name in counts))
for d in (runs.d.min(), 16, 48, runs.d.max()):
    here = np.flatnonzero(runs.d == d)[0]
    print(f"{d:5}  " + "".join(f"{size[here]:16.0f}" for size in counts.values()))

# %%
surfaces, draws = {}, {}
for mask, chosen in masks.items():
    for count, size in counts.items():
        fit = fit_chinchilla(size[chosen], runs.D[chosen], runs.loss[chosen], delta=DELTA)
        surfaces[mask, count] = fit.law
        draws[mask, count] = fit.bootstrap(RESAMPLES, groups=cells[chosen]).laws.a


def interval(values):
    """Ends of the middle 95 % of resampled values."""
    return np.quantile(values, [0.025, 0.975])


recounted = {}
for mask in masks:
    print(f"{mask:15}     a  95 % bootstrap    minus body and head, paired")
    for count in counts:
        law, sample = surfaces[mask, count], draws[mask, count]
        moved = sample - draws[mask, "body and head"]
        recounted[mask, count] = law.a - surfaces[mask, "body and head"].a, *interval(moved)
        low, high = interval(sample)
        print(f"{count:15}{law.a:6.3f}  [{low:.3f}, {high:.3f}]", end="")
        print("  {:+.3f} [{:+.3f}, {:+.3f}]".format(*recounted[mask, count]))
    assert recounted[mask, "body only"][1] > 0 > recounted[mask, "all parameters"][2]
    assert recounted[mask, "executed FLOP"][2] < recounted[mask, "all parameters"][1]

# %%
fig, ax = plt.subplots()
for place, count in enumerate(counts):
    for mask, color, mark, shift in (
        ("all rows", "C5", "s", 0.12),
        ("central rows", "C0", "o", -0.12),
    ):
        y = -place + shift
        value, low, high = recounted[mask, count]
        wide = interval(draws[mask, count]) - surfaces[mask, "body and head"].a
        ax.plot(wide, [y, y], color="C7", linewidth=1)
        ax.plot([low, high], [y, y], color=color, linewidth=4)
        ax.plot(value, y, mark, color=color, label=mask if not place else None)
ax.axvline(0, color="C7", linestyle=":")
ax.set_yticks([0, -1, -2, -3], list(counts))
ax.set(xlabel="exponent a, minus that of body and head")
ax.set_xticks([-0.08, -0.04, 0, 0.04, 0.08])
ax.grid(axis="y", visible=False)
ax.legend(loc="lower right")
show(
    "fig-lab-counts",
    alt="Exponent minus that of body and head, for four counts. Executed FLOP lie at about minus 0.03, all parameters at minus 0.012, body only at plus 0.014, with short thick bars. Thin bars, of each exponent alone, reach 0.05 to either side and cross zero.",
    caption="The less you count, the larger the exponent. Thick: 95 % bootstrap intervals of the paired difference, thin: of each exponent alone. lab_runs.csv, all 102 rows (squares) and the central ones (dots); resampled by cells of budget and width, the same cells for every count.",
)

# %% [markdown]
# Every count that leaves more out gives a larger exponent, and every count that adds some gives a smaller one.
# Each exponent alone is uncertain by about 0.05 to either side, several times the differences: with other runs nobody could tell the counts apart.
# The same runs can, since what chance adds to one count it adds to all: that is what *paired* means.
# Executed products count most, since they include the attention over 32 positions, four times the embedding.
# (An interval of resampled cells is too narrow where the law's form is only nearly right; [the first lab on these runs](tiny-scaling-law.py) simulates how often such intervals hold.)

# %% [markdown]
# ## One surface, recounted
#
# Do the differences have the size that the accounting predicts?
# Keep *one* surface, that of all parameters, and ask it at each budget for the size that is best when size and budget are counted in another way.
# This is Pearce and Song's argument with the lab's own shapes: at a fixed depth the embeddings go as $N_E^{1/2}$, not as $N_E^{1/3}$.

# %%
budgets = np.unique(runs.budget)
widths = np.geomspace(2, 3000, 20_000)
heads = np.maximum(2, widths / 16)
body = 2 * (12 * widths**2 + 2 * widths + 32 * heads) + widths
executed = 2 * (24 * widths**2 + 32 * widths) + 4 * 2 * 32 * widths  # of a forward pass
shapes = {
    "all parameters": body + 64 * widths,
    "body and head": body + 32 * widths,
    "body only": body,
    "executed FLOP": executed / 2,
}
for count, size in counts.items():
    formula = np.interp(runs.d, widths, shapes[count])
    assert np.allclose(formula, size, rtol=0.002), count  # the formulas are those of the rows
surface = surfaces["central rows", "all parameters"]


def recount(C, budget_in, size_in):
    """Exponent of the best size between budgets C, each counted in a way of its own."""
    C = np.asarray(C)
    tokens = C[:, None] / (6 * shapes[budget_in])
    best = surface.loss(shapes["all parameters"], tokens).argmin(axis=1)
    assert ((best > 0) & (best < widths.size - 1)).all()
    return np.polyfit(np.log(C), np.log(shapes[size_in][best]), 1)[0]


print(f"{'':22}one surface   refitted  (central rows)")
for count in counts:
    by_law, refitted = recount(budgets, count, count), surfaces["central rows", count].a
    print(f"{count:22}{by_law:11.3f}{refitted:11.3f}")
    assert abs(by_law - refitted) < 0.005
mixed = recount(budgets, "executed FLOP", "body and head")
print(f"size as body and head, budget as executed FLOP: {mixed:.3f}")
decades = [1e9, 1e11, 1e13, 1e15]
print("between budgets       " + "".join(f"{low:>8.0e}-{100 * low:.0e}" for low in decades[:-1]))
local = {
    count: [recount([low, 100 * low], count, count) for low in decades[:-1]] for count in counts
}
for count, slopes_here in local.items():
    print(f"{count:22}" + "".join(f"{a:14.3f}" for a in slopes_here))
fading = [b - a for a, b in zip(local["all parameters"], local["body only"], strict=True)]
assert fading[0] > fading[1] > fading[2] > 0

# %% [markdown]
# One surface and four ways of counting give, to half a hundredth, what four separate fits gave.
# So in the lab, too, nothing but arithmetic stands between these exponents.
# The last rows change the range: below the lab's budgets body only would stand farther from the rest, above them the counts agree (beyond the lab's five budgets this is the surface's word, not a measurement).
#
# Size and budget need not be counted alike: body and head for the size but executed products for the budget give a larger exponent again, and the ladder's first step, the compute of the last layer, is of that kind.
#
# The lab moves by hundredths where Kaplan's world moved by tenths, because its alphabet has 32 symbols and not tens of thousands of words; the second task gives the law other vocabularies.
# Two layers, one context, one batch: nothing here is evidence about the exponents of large models, only about what counting does to an exponent.

# %% [markdown]
# ## Let each cell take its best rate
#
# One rule sets the learning rate of all runs, $0.02\,\sqrt{16/d}$ and at most 0.03.
# Each cell was also run with half and with twice that rate, with one seed.
# If small and large models of a budget want other rates than the rule's, the valley's bottom moves.
# Predict: what does half the rate everywhere do to the exponent, and what happens when every cell takes the best of its three?

# %%
other = recorded("lab_lr.csv")
one = runs.where(runs.seed == 100)
by_rate = np.full((3, len(one)), np.nan)  # half, rule, twice
by_rate[1] = one.loss
for at, (budget, d, lr) in enumerate(zip(one.budget, one.d, one.lr, strict=True)):
    here = (other.budget == budget) & (other.d == d)
    for row, times in ((0, 0.5), (2, 2)):
        (match,) = np.flatnonzero(here & np.isclose(other.lr, times * lr))
        by_rate[row, at] = other.loss[match]
assert (other.status == "ok").all()
tuned = by_rate.min(axis=0)
chosen = by_rate.argmin(axis=0)
gain = one.loss - tuned
scatter = np.array([runs.loss[cells == cell].std(ddof=1) for cell in np.unique(cells)])
print("half, rule, twice win in", np.bincount(chosen, minlength=3), f"of {len(one)} cells;")
print(f"gain: median {np.median(gain):.4f}, largest {gain.max():.4f} nats;")
print(f"scatter between seeds: median {np.median(scatter):.4f} nats")

# %%
five = []  # places of the five sizes around the lowest loss, from the means of all seeds
for budget in budgets:
    here = np.flatnonzero(one.budget == budget)
    mean = np.array(
        [runs.loss[(runs.budget == budget) & (runs.d == d)].mean() for d in one.d[here]]
    )
    first = np.clip(mean.argmin() - NEAREST // 2, 0, len(here) - NEAREST)
    five.append(here[first : first + NEAREST])


def bottoms(losses):
    """ln N at the bottom of each budget's parabola; losses (..., cells), answer (..., budgets)."""
    found = []
    for places in five:
        x = np.log(one.N[places]) - np.log(one.N[places]).mean()
        bend, tilt, _ = np.polyfit(x, losses[..., places].reshape(-1, NEAREST).T, 2)
        found.append(np.log(one.N[places]).mean() - tilt / (2 * bend))
    return np.stack(found, axis=-1).reshape(*losses.shape[:-1], len(budgets))


def exponent(lnN):
    """Slope of the line through the bottoms, over the last axis."""
    x = np.log(budgets) - np.log(budgets).mean()
    return lnN @ x / (x @ x)


rates = {"half": by_rate[0], "rule": by_rate[1], "twice": by_rate[2], "best": tuned}
resampled = {}
for name, losses in rates.items():
    fit = fit_chinchilla(one.N, one.D, losses, delta=DELTA)
    resampled[name] = fit.law.a, fit.bootstrap(500).laws.a
of_rates = {}
print("rate    best size at each budget" + " " * 18 + "a    a of a surface, minus the rule's")
for name, losses in rates.items():
    lnN, (a, sample) = bottoms(losses), resampled[name]
    moved = a - resampled["rule"][0], *interval(sample - resampled["rule"][1])
    of_rates[name] = exponent(lnN), moved
    print(f"{name:6}" + "".join(f"{size:8.0f}" for size in np.exp(lnN)), end="")
    print(f"{exponent(lnN):8.3f}{a:7.3f}", "  {:+.3f} [{:+.3f}, {:+.3f}]".format(*moved))
rng = np.random.default_rng(0)
pooled = {
    C: np.sqrt(np.mean(scatter[[name.startswith(f"{C:.0e}") for name in np.unique(cells)]] ** 2))
    for C in budgets
}
sd = np.array([pooled[C] for C in one.budget])
noisy = exponent(bottoms(one.loss + sd * rng.normal(size=(RESAMPLES, len(one)))))
print(f"noise of the seeds alone moves the a of the valleys by {noisy.std():.3f}")
assert abs(of_rates["best"][0] - of_rates["rule"][0]) < noisy.std() / 2
assert of_rates["best"][1][1] < 0 < of_rates["best"][1][2]
assert of_rates["half"][0] > of_rates["rule"][0] > of_rates["twice"][0]
assert of_rates["half"][1][0] > 0.02

# %%
fig, ax = plt.subplots()
ax.axhline(0, color="C7", linewidth=1.5)
for row, name, color, mark in ((0, "half", "C5", "s"), (2, "twice", "C0", "o")):
    ax.plot(one.steps, by_rate[row] - one.loss, mark, color=color, label=f"{name} the rule's rate")
ax.set(xscale="log", xlabel="steps of the run", ylabel="loss minus that of the rule (nats)")
ax.legend()
show(
    "fig-lab-rates",
    alt="Loss minus that of the rule's rate, against the steps of the run from 126 to 24,000 on a log axis. Squares, half the rate, lie up to 0.09 nats above zero for short runs and near zero for long ones. Dots, twice the rate, lie up to 0.04 below zero for the shortest runs and up to 0.02 above for long ones.",
    caption="Short runs want a higher rate, long ones do not. lab_lr.csv, 68 runs, against the 34 runs of lab_runs.csv with the same seed, 100.",
)

# %% [markdown]
# Where the rule is off, it is off for short runs: those on few tokens lose most from half the rate, and some gain from twice.
# Half the rate everywhere therefore hurts the small budgets and, within a budget, the large models, and the exponent rises by two or three hundredths, at the edge of what one seed can show.
# Kaplan et al. tuned their rate near convergence and tried no higher one for short runs, as they say themselves; tuning per size is the last step of the ladder, and goes the same way.
#
# The best of three rates moves neither the vertices nor the exponent by more than chance.
# So the exponent of this lab does not hang on its rule, as far as a factor of two and one seed can tell; and a minimum of three noisy losses is a little too low by construction.

# %% [markdown]
# ## Decay matched to the run, or read on the way
#
# Every model of Kaplan et al. followed one schedule, made for the longest run, and shorter budgets were read from it on the way.
# What does that cost, and what does it do to the exponent?
# Write down whom it favours at a given budget, the large models or the small ones.
# The lab trained one width to five lengths, each with a decay that ends with it; beside them stand readings of the longest run on its way, and of runs whose rate stays constant.

# %%
schedules = recorded("lab_schedule.csv")
longest = schedules.D.max()
lengths = [int(longest // 2**j) for j in range(4, -1, -1)]
linear = schedules.schedule == "linear"
top = schedules.lr.max()


def on_the_way(mask):
    """Excess at the five lengths, read from the curves of long runs: (seeds, lengths)."""
    curves = schedules.where(mask & (schedules.evals > 0)).curve
    return np.array([[c[c[:, 0] == n, 1][0] for n in lengths] for c in curves])


read = {
    "matched decay": np.array([schedules.excess[linear & (n == schedules.D)] for n in lengths]).T,
    "read on the way": on_the_way(linear),
    "constant rate": on_the_way(~linear & (schedules.lr == top)),
    "a third of it": on_the_way(~linear & (schedules.lr < top)),
}
print("excess (nats)    " + "".join(f"{human(n):>8}" for n in lengths) + "   slope")
for name, values in read.items():
    slope = np.polyfit(np.log(lengths), np.log(values.mean(axis=0)), 1)[0]
    print(f"{name:17}" + "".join(f"{x:8.3f}" for x in values.mean(axis=0)), end="")
    print(f"{slope:8.3f}")
apart = max(np.ptp(values, axis=0).max() for values in read.values())
print(f"two seeds differ by {apart:.3f} at most")

late = read["read on the way"][:, :-1] / read["matched decay"][:, :-1]
assert (late > 1.05).all()
assert (read["constant rate"][:, -1] > 1.2 * read["matched decay"][:, -1]).all()

# %%
fig, ax = plt.subplots()
for (name, values), color, dash in zip(
    read.items(), ("C0", "C3", "C5", "C2"), ("o-", "s--", "^:", "v-."), strict=True
):
    ax.plot(lengths, values.mean(axis=0), dash, color=color, label=name)
    ax.vlines(lengths, values.min(axis=0), values.max(axis=0), color=color)
ax.set(xscale="log", xlabel="training tokens")
ax.set(yscale="log", ylabel="excess over the entropy (nats)")
ax.set_xticks(lengths, [human(n, 2) for n in lengths])
ax.set_yticks([0.3, 0.4, 0.5, 0.6, 0.8], ["0.3", "0.4", "0.5", "0.6", "0.8"])
ax.minorticks_off()
ax.legend()
show(
    "fig-lab-schedules",
    alt="Excess against training tokens from 205K to 3.3M, both logarithmic. Matched decay falls from 0.80 to 0.30. The run read on the way lies 8 to 17 percent above it and meets it at the end. Two constant rates stay above and end at 0.40 and 0.38.",
    caption="Read before its end, a decayed run looks like one that never decays. lab_schedule.csv, width 32, means of two seeds; bars join the seeds.",
)

# %% [markdown]
# A run that is read on the way looks worse than one that was made for that length, by 8 to 17 percent of its excess, and most a quarter of the way through its schedule.
# So the slope over the data is overstated.
# What does that do to the exponent of the best size?
#
# Take the surface of the central rows, multiply its excess by the measured factor (smoothed by a parabola) for the place in the schedule, and ask again for the best sizes.
# Constant rates have a factor, too.
# Predict before you run: towards 0.73, or away from it?

# %%
passed = np.array(lengths) / longest
E = float(np.median(runs.loss - runs.excess))  # the entropy of the source, in every row
by_size = surfaces["central rows", "body and head"]
tried = np.geomspace(500, 5e5, 20_000)
smaller = np.geomspace(1e10, 3e11, 25)  # budgets whose best runs end before the schedule


def exponent_read(factor):
    """Slope of ln N* over ln C if the excess is multiplied by a factor of the tokens."""
    curve = np.polyfit(np.log(passed), np.log(factor), 2)
    found = []
    for C in smaller:
        D = C / (6 * tried)
        place = np.log(D / longest)
        excess = (by_size.loss(tried, D) - E) * np.exp(np.polyval(curve, place))
        excess[(longest < D) | (longest * passed[0] > D)] = np.inf
        found.append(np.log(tried[excess.argmin()]))
    return np.polyfit(np.log(smaller), found, 1)[0]


matched = exponent_read(np.ones(5))
sketch = {name: exponent_read((x / read["matched decay"]).mean(axis=0)) for name, x in read.items()}
each = [exponent_read(x) for x in read["read on the way"] / read["matched decay"]]
for name, a in sketch.items():
    print(f"{name:17}a = {a:.2f}")
print("read on the way, by each seed:", " ".join(f"{a:.2f}" for a in each))
assert abs(sketch["matched decay"] - by_size.a) < 0.005
assert max(sketch["read on the way"], *each) < matched - 0.1
assert abs(sketch["constant rate"] - matched) < 0.05
assert abs(sketch["a third of it"] - matched) < 0.05

# %% [markdown]
# Away from it.
# At the smallest budgets the best runs stand early in the common schedule, where the penalty still grows with the tokens and large models gain; at the largest they stand where it falls towards the end, and small models on many tokens gain.
# So the best sizes grow more slowly.
# With constant rates, which have no end to be early for, nearly nothing happens, though all losses are higher.
# This is a sketch: a factor measured at one width, used for all and smoothed by a parabola.
# Its size hangs on the smoothing, and the fall comes from budgets whose best runs stand near the end of the schedule, where Kaplan's did not; its direction is what it can tell.
# Porian et al. matched the decay in real runs and found a small step down, not up: at their scale other things outweigh it.
# Neither the sketch nor their measurement leaves the schedule as the reason for 0.73.

# %% [markdown]
# ## What to keep

# %%
Markdown(f"""
1. State what you count. Kaplan's count over his sizes turns {BESIROGLU_2024.a:.2f} into {slopes[768][2]:.2f} without any error of measurement; in the lab, with 32 symbols, it turns {surfaces["central rows", "all parameters"].a:.3f} into {surfaces["central rows", "body only"].a:.3f}.
2. State the range. The same count gives {slopes[1e10][2]:.2f} beyond ten billion parameters.
3. State the grid: 7 sizes instead of 1,000 optima move the exponent by {abs(few - slopes[768][2]):.3f}.
4. Compare counts, rates or schedules on the *same* runs: the paired interval here is {np.diff(interval(draws["central rows", "body only"]))[0] / np.diff(recounted["central rows", "body only"][1:])[0]:.0f} times narrower than that of the exponent.
5. A fixed warm-up steepens the line ({wasted["Besiroglu"][2]:.2f} if half of it teaches nothing), a common schedule flattens it in the sketch: "it was not trained long enough" has no fixed sign, and names no cause.
""")

# %% [markdown]
# ## Tasks
#
# Write your answer down before you open a solution.
# Its code continues this notebook: paste it into a cell to run it.
#
# **1. Kaplan's other exponent.** Kaplan et al. found that the least loss falls as $C^{-0.050}$. Where has Chinchilla's frontier this slope, $-d\ln L/d\ln C$?
#
# <details markdown="1">
# <summary>Solution 1</summary>
#
# ```python
# from scaling_core import pf_days
#
# C = np.geomspace(1e15, 1e25, 5001)
# for name, law in laws.items():
#     slope = law.frontier_slope(C)
#     peak = slope.argmax()
#     at = C[peak:][slope[peak:] > KAPLAN_2020.alpha_C_min][-1]
#     shown = f"{law.frontier_slope(1e20):.4f} at 1e20 FLOP, 0.05 at"
#     print(f"{name:10}{shown} {at:.1e} FLOP, {pf_days(at):.1f} PF-days")
# ```
#
# ```text
# printed   0.0537 at 1e20 FLOP, 0.05 at 2.0e+20 FLOP, 2.3 PF-days
# Hoffmann  0.0522 at 1e20 FLOP, 0.05 at 1.5e+20 FLOP, 1.7 PF-days
# Besiroglu 0.0514 at 1e20 FLOP, 0.05 at 1.2e+20 FLOP, 1.4 PF-days
# ```
#
# The slope of a law with a floor is no constant: it falls as the floor comes near.
# Kaplan's 0.050 is what Chinchilla's frontier shows at budgets that his runs had.
#
# </details>
#
# **2. Another vocabulary.** The 47491 belongs to 32,000 words. What would characters (256), or a vocabulary of 256,000, have shown over Kaplan's sizes?
#
# <details markdown="1">
# <summary>Solution 2</summary>
#
# ```python
# for words in (256, 32_000, 256_000):
#     omega = words * (39.2 / 12) ** (1 / 3)  # width over depth 39.2, as Hoffmann's models
#     slope = regression_exponent(BESIROGLU_2024, omega=omega)
#     print(f"{words:7} symbols: {slope:.3f}, at 1M locally "
#           f"{local_exponent(BESIROGLU_2024, 1e6, omega=omega):.3f}")
# ```
#
# ```text
#     256 symbols: 0.558, at 1M locally 0.531
#   32000 symbols: 0.788, at 1M locally 0.963
#  256000 symbols: 0.822, at 1M locally 0.802
# ```
#
# With 256 symbols a twentieth is left to see; with 256,000 the peak of the local exponent moves to larger models, past the middle of Kaplan's sizes, and his line would have been steeper still.
# The lab has 32 symbols, an eighth of 256, so its exponents differ in the second digit only.
#
# </details>
#
# **3. Name the grid.** Fit the same line through 3, 7, 20 and 1,000 optima, evenly spaced in compute or in size.
#
# <details markdown="1">
# <summary>Solution 3</summary>
#
# ```python
# for points in (3, 7, 20, 1000):
#     found = [
#         regression_exponent(BESIROGLU_2024, spacing=spacing, points=points)
#         for spacing in ("compute", "size")
#     ]
#     print(f"{points:5} points: {found[0]:.3f} by compute, {found[1]:.3f} by size")
# ```
#
# ```text
#     3 points: 0.749 by compute, 0.748 by size
#     7 points: 0.772 by compute, 0.773 by size
#    20 points: 0.782 by compute, 0.787 by size
#  1000 points: 0.788 by compute, 0.794 by size
# ```
#
# A line through a curve depends on where you look: few points give the ends more weight.
# The choice moves the second digit, more than any interval that such a fit prints.
#
# </details>
#
# **4. Can the warm-up do it alone?** Find the share, more than all of it if need be, that turns Besiroglu's exponent into 0.73 in the toy.
#
# <details markdown="1">
# <summary>Solution 4</summary>
#
# ```python
# for share in (1, 1.5, 2, 3):
#     print(f"{share:4} of the warm-up: {exponent_with_waste(BESIROGLU_2024, share * warm_up):.3f}")
# ```
#
# ```text
#    1 of the warm-up: 0.683
#  1.5 of the warm-up: 0.716
#    2 of the warm-up: 0.741
#    3 of the warm-up: 0.775
# ```
#
# Not with Kaplan's own warm-up; one twice as long would do.
# Counting alone passes 0.73 and the warm-up alone falls short of it, so a single number cannot tell which causes were at work: it takes a study that changes one after the other.
#
# </details>
#
# **5. Drop the smallest.** Repeat the recount of the lab's runs with widths of 16 and more only. What happens to the difference between body only and all parameters, and why?
#
# <details markdown="1">
# <summary>Solution 5</summary>
#
# ```python
# wide = runs.d >= 16
# for name, chosen in (("all widths", runs.d > 0), ("16 and more", wide)):
#     found = [
#         fit_chinchilla(
#             counts[c][chosen], runs.D[chosen], runs.loss[chosen], delta=DELTA
#         ).law.a
#         for c in ("all parameters", "body only")
#     ]
#     share = np.mean((runs.n_emb + runs.n_head_params)[chosen] / counts["all parameters"][chosen])
#     print(f"{name:12} a {found[0]:.3f} and {found[1]:.3f}: {found[1] - found[0]:+.3f};", end=" ")
#     print(f"mean share of embedding and head {share:.0%}")
# ```
#
# ```text
# all widths   a 0.517 and 0.545: +0.029; mean share of embedding and head 12%
# 16 and more  a 0.439 and 0.456: +0.017; mean share of embedding and head 8%
# ```
#
# The difference shrinks with the share of the parameters that the counts disagree about: it is a matter of small models, in the lab as in Kaplan's study.
# But look at the first numbers, too: leaving out the smallest widths moves every exponent by 0.08, more than any way of counting.
# A law that is only nearly of the right form has an exponent for each range.
#
# </details>

# %% [markdown]
# ## Where this comes from
#
# The two exponents are those of [@kaplan2020scaling, Table 6] and [@hoffmann2022training, Table 2], and the third law is the refit of [@besiroglu2024chinchilla].
# The accounting of the embeddings is that of [@pearce2024reconciling]; the ladder, with the measured causes, that of [@porian2024resolving, Table 1].
# How the lab's runs were made is told by [the data card](data-card.md).
