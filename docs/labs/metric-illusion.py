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
# description: One set of models, four metrics, smooth in one and sudden in another. Build the illusion from recorded runs, undo it, and then see a jump that no change of metric removes.
# covers:
#   C23: "#a-demonstration-as-given"
# ---

# %% [markdown]
# # Same model, four metrics
#
# Six models score nothing on a task, the seventh scores.
# Did the seventh learn something that the sixth had not, or did the score look away until then?
#
# **Either happens; the loss beside the score tells which.
# Where seven models predict text, exact match of 16 characters is zero for four sizes and then appears, while the loss falls at every size: that jump is in the metric.
# Where models learn to add, the loss itself waits at chance and falls within a quarter of the training: that jump is in the model, and in steps; whether size matters, eight seeds of each of three widths cannot tell.**
#
# You run a demonstration of the illusion that does not work, mend it, measure seven models in four ways, predict one metric from another and see where that fails; then you watch models learn to add, where the smooth metric jumps too.
# Each claim is an `assert`: if one were false, this page would not exist.
#
# The chapter to this lab is [Power laws](../6-7/power-laws.md).

# %%
# Library missing? Run once in a cell of its own:
# > %pip install --quiet matplotlib "scaling-core @ git+https://example.org/scaling-laws-computed/source"
import matplotlib.pyplot as plt
import numpy as np
from IPython.display import Markdown

from scaling_core import (
    StepAccuracy,
    chance_of_none,
    exact_match,
    human,
    items_to_see,
)
from scaling_core.book.show import show, use_style
from scaling_core.lab.recorded import recorded

use_style()

# %% [markdown]
# ## A demonstration, as given
#
# The argument is quickly told: the chance $p$ of a right step grows smoothly with the model, an answer of five steps is right with $p^5$, and $p^5$ stays near zero until $p$ is high.
# One demonstration takes $p = 1 - (10^{13}/N)^{0.05}$, keeps it between 0.01 and 0.99, and says that from 10 million to 100 billion parameters $p$ goes from 0.3 to 0.99.
# Before you run it: what is $p$ at 10 million?

# %%
N = np.logspace(7, 11, 5)
raw = 1 - (1e13 / N) ** 0.05
p = np.clip(raw, 0.01, 0.99)
print("parameters     raw     p     p^5")
for size, before, step in zip(N, raw, p, strict=True):
    print(f"{human(size):>10}{before:8.3f}{step:6.2f}{exact_match(step, 5):9.1e}")
assert (raw < 0).all()  # a chance below zero, for every model
assert (p == 0.01).all()
assert np.allclose(exact_match(p, 5), 1e-10)

# %% [markdown]
# The formula is negative for every model below $10^{13}$ parameters, and the clipping hides it: all models are equally bad, and nothing emerges.
# Only the pairs that were announced are right, since 0.3 to the fifth is indeed 0.002.
#
# A chance needs a form that cannot leave its range.
# Take $p = e^{-(N_0/N)^g}$, so that the loss of a step, $-\ln p$, is a pure power law.

# %%
toy = StepAccuracy(N0=1.43e7, g=0.52)  # made up, so that p is 0.3 at 10M and 0.99 at 100B
print("parameters      p     p^5    p^20")
for size in N:
    one = toy(size)
    print(f"{human(size):>10}{one:7.3f}{exact_match(one, 5):8.4f}{exact_match(one, 20):8.4f}")
steps = np.array([1, 5, 20, 50])
half = toy.inverse(0.5, steps)
decades = np.log10(toy.inverse(0.9, steps) / toy.inverse(0.01, steps))
print("half right at", ", ".join(f"{size:.1e}" for size in half), "for 1, 5, 20, 50 steps")
print("from 1 % to 90 % takes", ", ".join(f"{x:.2f}" for x in decades), "decades")
assert np.round(toy(N), 2).tolist() == [0.3, 0.7, 0.9, 0.97, 0.99]
assert np.ptp(decades) < 1e-9

# %% [markdown]
# Read the last line twice: on a logarithmic axis of sizes the rise takes the *same* stretch for one step and for fifty.
# Raising to a power moves the rise to larger models; it makes nothing steeper.
# What makes it look sudden is that the lower part cannot be seen.

# %% [markdown]
# ## What a test can see
#
# A model with $p = 0.3$ answers five steps right once in 412 times.
# How many questions must a test have, so that with 95 % probability at least one is answered?

# %%
rare = exact_match(0.3, 5)
needed = items_to_see(rare)
print(f"p^5 = {rare:.5f}: one right answer in {1 / rare:.0f}")
print(f"{needed:.0f} questions show one with 95 %")
for items in (100, 412, needed):
    print(f"{items:5.0f} questions show none with {chance_of_none(rare, items):.1%}")
assert needed == 1232
assert round(1 / rare) == 412
assert chance_of_none(rare, 100) > 0.75

# %% [markdown]
# Such a model, on a test of a hundred questions, scores zero three times out of four, and the next, better model seems to come out of nowhere.

# %% [markdown]
# ## Seven models, four metrics
#
# Now real runs: seven widths trained on a technical text of 32 symbols, 55 characters for each parameter, three seeds.
# On unseen text each has a loss and four scores: the share of characters that it ranks first, and the shares of places where the next 4, 8 and 16 characters are *all* ranked first, each given the right ones before it.
# Predict: which of the four looks smooth, and which sudden?

# %%
runs = recorded("lab_metric.csv")
assert (runs.status == "ok").all()
widths, seeds = np.unique(runs.d), np.unique(runs.seed)
AHEAD = (4, 8, 16)


def measured(name):
    """A metric by (seed, width); `loss` or a name in the metrics column."""
    values = runs.loss if name == "loss" else np.array([m[name] for m in runs.metrics])
    return np.array(
        [[values[(runs.seed == s) & (runs.d == d)].item() for d in widths] for s in seeds]
    )


loss, accuracy = measured("loss"), measured("accuracy")
exact = {n: measured(f"exact{n}") for n in AHEAD}
logp = {n: measured(f"logp{n}") for n in AHEAD}
size = np.array([runs.N[runs.d == d][0] for d in widths])
places = 6622  # sequences of the test text; every share is a whole number of them
for values in exact.values():
    assert abs(values * places - np.round(values * places)).max() < 0.05
print(
    f"{'parameters':>10}{'loss':>8}{'accuracy':>10}" + "".join(f"{f'next {n}':>10}" for n in AHEAD)
)
for j, n_params in enumerate(size):
    print(f"{human(n_params):>10}{loss[:, j].mean():8.3f}{accuracy[:, j].mean():10.3f}", end="")
    print("".join(f"{exact[n][:, j].mean():10.4f}" for n in AHEAD))

assert (np.diff(loss, axis=1) < 0).all()  # in each seed, at each size
assert (np.diff(accuracy.mean(axis=0)) > 0).all()
assert (exact[16][:, :4] == 0).all()
assert (exact[16][:, 4:] > 0).all()
spread = exact[16][:, -1].max() / exact[16][:, -1].min()
print(
    f"seeds of the largest model: loss {loss[:, -1].min():.3f} to {loss[:, -1].max():.3f},", end=" "
)
print(f"next 16 by a factor of {spread:.1f}")
assert np.ptp(loss[:, -1]) < 0.01
assert spread > 4

# %%
fig, (left, right) = plt.subplots(1, 2)
series = {"accuracy": accuracy, **{f"next {n}": exact[n] for n in AHEAD}}
for ax in (left, right):
    for (name, values), color, mark in zip(
        series.items(), ("C0", "C1", "C2", "C5"), "os^v", strict=True
    ):
        shown = values.mean(axis=0)
        hidden = (shown == 0) & (ax is right)  # a logarithmic axis has no zero
        ax.plot(size[~hidden], shown[~hidden], mark + "-", color=color, label=name)
    ax.plot(size, np.exp(-loss.mean(axis=0)), ":", color="C7", label="exp(-loss)")
    ax.set(xscale="log", xlabel="parameters")
    ax.set_xticks([1e3, 1e4, 1e5], ["1K", "10K", "100K"])
    ax.minorticks_off()
left.set(ylabel="share right")
right.set(yscale="log")
left.legend(fontsize="small")
show(
    "fig-lab-four-metrics",
    alt="Share right against parameters from 1.2K to 57K, twice. On a linear axis accuracy climbs from 0.25 to 0.60, next 4 to 0.16, and next 8 and next 16 seem to lie on zero. On a logarithmic axis next 8 climbs from 0.0001 to 0.03 and next 16 appears only at 15K, at 0.0006. Dotted, exp(-loss) rises from 0.07 to 0.26.",
    caption="The longer the answer, the later the same progress becomes visible. lab_metric.csv, 21 runs, means of three seeds; left a linear axis, right the same on a logarithmic one, where zeros cannot be drawn.",
)

# %% [markdown]
# The loss and the accuracy improve at every size, by similar steps.
# The next 16 characters are never right for the four smallest models, in 6,622 places and three seeds, and then they are: drawn on a linear axis, or on a test of a hundred places, a capability that emerges.
# Exact match is also the noisier instrument: seeds of the largest model whose losses agree to a hundredth of a nat differ by a factor of almost five in it.

# %% [markdown]
# ## Predict one metric from another
#
# If the argument holds, exact match follows from what is smooth.
# Two recipes are in use: accuracy to the power $n$, and $e^{\log p}$, the mean log-probability of the right characters turned back into a chance.
# Which of them will be too low, and for which $n$ most?

# %%
mean = {n: exact[n].mean(axis=0) for n in AHEAD}
over = {n: mean[n] / exact_match(accuracy.mean(axis=0), n) for n in AHEAD}
over_logp = {n: mean[n] / np.exp(logp[n].mean(axis=0)) for n in AHEAD}
print("exact match over its prediction (-: fewer than 10 hits in three seeds)")
print(f"{'':10}{'accuracy ** n':>21}{'exp(log p)':>27}")
print(f"{'parameters':>10}" + 2 * ("".join(f"{n:>7}" for n in AHEAD) + "      "))
for j, n_params in enumerate(size):
    print(f"{human(n_params):>10}", end="")
    for ratios, form in ((over, "7.1f"), (over_logp, "7.0e")):
        for n in AHEAD:
            enough = 3 * places * mean[n][j] >= 10
            print(f"{ratios[n][j]:{form}}" if enough else f"{'-':>7}", end="")
            assert not enough or ratios[n][j] > 1.2
        print(end="      ")
    print()
assert over[4].max() < 2.5
assert over[16][-1] > 10
assert over_logp[4].min() > 30

# %% [markdown]
# Wherever there are ten hits, both are too low, and the more so the longer the answer.
#
# Accuracy to the power $n$ takes every character to be equally hard and independent of its neighbours.
# In text they are not: in the middle of a familiar phrase all of the next characters are easy, at its start none is, and the long hits come from the familiar phrases.
# For four characters the error is a factor of 1.2 to 2.3, for sixteen it is a factor of 8 to 26.
#
# The mean log-probability fails for a second reason as well: its exponential is a *geometric* mean, which a few hopeless places ruin, and it speaks of the right characters' chances, not of whether they are the first choice.
# It is the better metric of progress, smooth and with hardly any noise, and the worse forecast of exact match.


# %%
def wilson(right, tried, z=1.96):
    """95 % interval of Wilson for a share of right ones among those tried."""
    share = right / tried
    middle = (share + z**2 / (2 * tried)) / (1 + z**2 / tried)
    half = z * np.sqrt(share * (1 - share) / tried + z**2 / (4 * tried**2)) / (1 + z**2 / tried)
    return middle - half, middle + half


fig, ax = plt.subplots()
ax.plot([1e-5, 0.3], [1e-5, 0.3], color="C7", linestyle=":")
for n, color, mark in zip(AHEAD, ("C1", "C2", "C5"), "s^v", strict=True):
    guess = exact_match(accuracy.mean(axis=0), n)
    seen = mean[n] > 0
    low, high = wilson(mean[n] * places, places)
    ax.plot(guess[seen], mean[n][seen], mark, color=color, label=f"next {n}")
    ax.vlines(guess[seen], low[seen], high[seen], color=color, linewidth=1)
ax.set(xscale="log", xlabel="accuracy to the power n")
ax.set(yscale="log", ylabel="exact match")
ax.legend()
show(
    "fig-lab-predicted",
    alt="Exact match against accuracy to the power n, both logarithmic, with a dotted diagonal. Squares for 4 characters lie just above the diagonal, triangles for 8 a factor of two to five above it, and those for 16 a factor of eight to twenty-six.",
    caption="Easy characters come together, so exact match beats the power of accuracy. lab_metric.csv, means of three seeds where there was a hit; bars: 95 % Wilson intervals for the 6,622 places of the test. Dotted: equality.",
)

# %% [markdown]
# ## A jump that is none of the metric's
#
# So far every jump was in the eye.
# Now 24 models learn to add two numbers of four digits, written with the lowest digit first: three widths, eight seeds each, 1,536 steps.
# On the way their loss on the answer's five digits was taken 24 times, and beside it the share of 1,000 other sums (one of which seed 100 had read) that they get right.
# Predict: does the loss fall smoothly where exact match jumps?

# %%
sums = recorded("lab_addition.csv")
assert (sums.status == "ok").all()
curves = np.array(sums.curve)  # (runs, tests, [tokens, loss, digits right, sums right])
tokens = curves[0, :, 0]
nll, digits, right_sums = curves[..., 1], curves[..., 2], curves[..., 3]
SOLVED = 0.9  # share of the sums that must be right
solved = right_sums >= SOLVED
done = solved[:, -1]
chance_loss = 4 * np.log(10) / 5  # four digits unknown, the carry at the front known
chance_right = (4 * 0.1 + 1) / 5
resting = nll[:, -1] > 1.75
print(
    f"{resting.sum()} of {len(sums)} end at a loss of {np.median(nll[resting, -1]):.3f} nats",
    end="",
)
print(f" with {np.median(digits[resting, -1]):.2f} of the digits right;")
print(f"four digits guessed and one known would be {chance_loss:.3f} and {chance_right:.2f}")
assert abs(np.median(nll[resting, -1]) - chance_loss) < 0.002
assert abs(np.median(digits[resting, -1]) - chance_right) < 0.01

# %%
print("width  parameters  solved of 8   loss falls within       by at most, between two tests")
addition_widths = np.unique(sums.d)
spans, drops = [], []
for d in addition_widths:
    mine = np.flatnonzero((sums.d == d) & done)
    leaves = [np.flatnonzero(nll[at] > 1.75)[-1] for at in mine]
    lands = [np.flatnonzero(nll[at] < 0.15)[0] for at in mine]
    steps_taken = [64 * (land - leave) for leave, land in zip(leaves, lands, strict=True)]
    spans += steps_taken
    drops += [-np.diff(nll[at]).min() for at in mine]
    n_params = sums.N[sums.d == d][0]
    print(f"{d:5}{human(n_params):>12}{len(mine):10}", end="")
    print(f"{min(steps_taken):>12}-{max(steps_taken)} steps", end="")
    print(f"{max(drops[-len(mine) :]):20.2f} nats")
before = [nll[at, np.flatnonzero(nll[at] > 1.75)[-1] - 1] for at in np.flatnonzero(done)]
others = [
    np.median(nll[resting, np.flatnonzero(nll[at] > 1.75)[-1] - 1]) for at in np.flatnonzero(done)
]
started = np.array([np.flatnonzero(row > 1.75)[-1] for row in nll[done]])
print("tests passed on the plateau:", " ".join(map(str, np.sort(started) + 1)), "of 24")
assert max(spans) <= 1536 / 4
assert min(drops) > 0.4
assert abs(np.subtract(before, others)).max() < 0.02

# %%
fig, (top, below) = plt.subplots(2, 1, sharex=True, figsize=(6.0, 5.4))
top.axhline(chance_loss, color="C7", linestyle=":")
top.text(4.2e5, chance_loss + 0.05, "four digits guessed", va="bottom")
for at in np.flatnonzero(sums.d == addition_widths[0]):
    color, dash = ("C0", "-") if done[at] else ("C5", "--")
    top.plot(tokens, nll[at], dash, color=color, linewidth=1.5)
    below.plot(tokens, right_sums[at], dash, color=color, linewidth=1.5)
top.set(ylabel="loss (nats per digit)", ylim=(0, None))
below.set(ylabel="share of sums right", xlabel="training tokens (thousands)")
below.set_xticks([0, 2e5, 4e5, 6e5], ["0", "200", "400", "600"])
show(
    "fig-lab-addition-curves",
    alt="Two panels over training tokens, up to 774 thousand, eight runs. Above, the loss drops to a plateau of 1.84 nats; four solid curves leave it between 190 and 320 thousand tokens and fall to zero, some in stages. Below, the share of sums right stays at zero and then rises to one in the same runs.",
    caption="The loss waits, then falls: this jump is in the model. lab_addition.csv, width 8, eight seeds: solid those that end with at least 90 % of 1,000 test sums right, dashed the others.",
)

# %% [markdown]
# No metric is to blame here: the loss, as continuous as one could wish, rests on a plateau and then falls within a quarter of the training or less.
# The plateau is chance to the third digit: what a model has that guesses four of the five digits and reads the one at the front, a carry, off the others.
# One test before the last on the plateau, the models that are about to solve differ from those that keep resting by less than 0.02 nats, in either direction; one test later some have begun to fall, so the fall announces itself by a test at most.
# But look at the axis: this is abrupt in *steps*, at one size.
# Whether a task "emerges with size" is another question, and the same runs can be asked.

# %%
counted = np.array([done[sums.d == d].sum() for d in addition_widths])
for d, count in zip(addition_widths, counted, strict=True):
    low, high = wilson(count, 8)
    print(f"width {d:2}: {count} of 8 solved, 95 % Wilson interval {low:.0%} to {high:.0%}")
assert (np.diff(counted) < 0).all()  # fewer, not more, with size
assert wilson(counted[-1], 8)[1] > wilson(counted[0], 8)[0]  # but eight seeds are few

fig, ax = plt.subplots()
for shift, d, color, mark in zip(
    (-6e3, 0, 6e3), addition_widths, ("C0", "C1", "C2"), "os^", strict=True
):
    share = solved[sums.d == d].sum(axis=0)
    low, high = wilson(share, 8)
    ax.plot(tokens + shift, share / 8, mark + "-", color=color, markersize=4)
    last = [2, 7, 12, 17, 23]
    ax.vlines(tokens[last] + shift, low[last], high[last], color=color, linewidth=1)
    ax.text(8.1e5, share[-1] / 8, f"width {d}", va="center")
ax.set(xlabel="training tokens (thousands)", ylabel="share of 8 seeds that solve", ylim=(-0.02, 1))
ax.set_xticks([0, 2e5, 4e5, 6e5], ["0", "200", "400", "600"])
show(
    "fig-lab-addition-share",
    alt="Share of eight seeds that solve addition against training tokens, up to 774 thousand, three widths. Steps climb to 4 of 8 for width 8, 3 of 8 for width 16 and 1 of 8 for width 32. Wilson bars are wide and overlap.",
    caption="Eight seeds show no effect of size. lab_addition.csv, 24 runs: share with at least 90 % of 1,000 test sums right; bars, at some of the tests: 95 % Wilson intervals for eight seeds.",
)

# %% [markdown]
# The smallest of three widths solves most often, the largest least; eight seeds cannot even establish that order, as the fifth task shows.
# A single seed of each width, in an order that chance had arranged, would have made a fine emergence plot.
# The rate was the lab's rule, not tuned for this task; with other rates or more steps the shares would differ.

# %% [markdown]
# ## What to keep

# %%
Markdown(f"""
1. Run a demonstration before you pass it on: this one gave p = {p[0]} for every model.
2. A score of zero is a statement about the test: {needed:.0f} questions to see one success of p = 0.3 in five steps, {items_to_see(mean[16][-1]):.0f} to see one of the largest model here in sixteen characters.
3. Report a score that can be small beside one that can be zero; here {logp[16][:, 0].mean():.0f} to {logp[16][:, -1].mean():.0f} nats for sixteen characters, where exact match shows {np.count_nonzero(mean[16] == 0)} zeros of {len(size)}.
4. Exact match is no power of accuracy: it was {over[4].min():.1f} to {over[16][4:].max():.0f} times the power, since easy places come together.
5. A jump of the loss is no illusion. Say in what it is a jump: here in steps, {min(spans)} to {max(spans)} of 1,536; {", ".join(map(str, counted))} of 8 seeds at {", ".join(human(n) for n in np.unique(sums.N))} parameters say nothing about size.
""")

# %% [markdown]
# These are models of two layers and at most 57 thousand parameters: they show that both kinds of jump exist and how to tell them apart, not which kind a large model's abilities are, which is debated.

# %% [markdown]
# ## Tasks
#
# Write your answer down before you open a solution.
# Its code continues this notebook: paste it into a cell to run it.
#
# **1. Make a task emerge, and unmake it.** (Exercise 3 of section 6.7.) Somebody tests your seven models on a hundred places and counts those where the next 8 characters are right. What is reported, and what would you report instead?
#
# <details markdown="1">
# <summary>Solution 1</summary>
#
# ```python
# print("parameters  expected hits  none seen   log p of the 8 characters")
# for j, n_params in enumerate(size):
#     share = exact[8][:, j].mean()
#     none = chance_of_none(share, 100)
#     print(f"{human(n_params):>10}{100 * share:12.1f}{none:14.0%}", end="")
#     print(f"{logp[8][:, j].mean():16.2f} (sd {logp[8][:, j].std(ddof=1):.2f})")
# ```
#
# ```text
# parameters  expected hits  none seen   log p of the 8 characters
#      1.21K         0.0          100%          -20.83 (sd 0.12)
#      1.96K         0.0          100%          -19.62 (sd 0.09)
#      4.03K         0.3           75%          -17.15 (sd 0.04)
#      6.86K         0.5           58%          -15.56 (sd 0.13)
#      14.8K         1.1           33%          -13.33 (sd 0.07)
#      25.9K         1.5           22%          -11.99 (sd 0.02)
#      57.3K         3.0            5%          -10.59 (sd 0.04)
# ```
#
# On a hundred places the two smallest models surely report zero, the next two probably, and the largest about three: emergence, made by a small test.
# The log-probability of the same eight characters improves at every size, by many times the scatter of its seeds; report that, or test on more places.
# That is the task of the exercise, found and dissolved; addition, above, is one that does not dissolve.
#
# </details>
#
# **2. How good must a step be?** A test of 100 questions, answers of 20 steps: from which $p$ on is one right answer seen with 95 % probability? And with 10,000 questions?
#
# <details markdown="1">
# <summary>Solution 2</summary>
#
# ```python
# for items in (100, 10_000):
#     p20 = 1 - 0.05 ** (1 / items)  # chance of one answer that shows with 95 %
#     p = p20 ** (1 / 20)
#     print(f"{items:6} questions: p^20 = {p20:.4f}, p = {p:.3f}, {toy.inverse(p):.1e} parameters")
#     assert items_to_see(p20) in (items, items + 1)
# ```
#
# ```text
#    100 questions: p^20 = 0.0295, p = 0.838, 4.0e+08 parameters
#  10000 questions: p^20 = 0.0003, p = 0.667, 8.1e+07 parameters
# ```
#
# A hundred times more questions move the first visible model from 400M to 80M parameters of the toy: a larger test sees earlier, but a hundred times the work buys a factor of five.
# A finer metric sees at any size.
#
# </details>
#
# **3. Predict from the nearest.** Instead of accuracy, take exact match of 4 characters to predict that of 8, and that of 8 to predict 16. Is it better?
#
# <details markdown="1">
# <summary>Solution 3</summary>
#
# ```python
# print("parameters   8 from 4, from 1     16 from 8, from 1   (measured over predicted)")
# for j, n_params in enumerate(size):
#     mean = {n: exact[n][:, j].mean() for n in AHEAD}
#     print(f"{human(n_params):>10}", end="")
#     for n in (8, 16):
#         near = mean[n] / exact_match(mean[n // 2], 2) if mean[n // 2] else np.nan
#         print(f"{near:11.1f}{over[n][j]:10.3g}", end="")
#     print()
# ```
#
# ```text
# parameters   8 from 4, from 1     16 from 8, from 1   (measured over predicted)
#      1.21K        0.0         0        nan         0
#      1.96K        0.2     0.881        0.0         0
#      4.03K        2.3      5.44        0.0         0
#      6.86K        1.6       3.8        0.0         0
#      14.8K        1.1      2.32        4.9      26.3
#      25.9K        1.0      1.63        3.1      8.23
#      57.3K        1.1      1.72        4.7      13.7
# ```
#
# Much better: for 8 it is right to a tenth from 14.8K parameters on, where the power of accuracy is off by about two; for 16 it is off by five at most instead of twenty-six.
# The easy places are the same ones, so a score that already contains their clustering predicts the next better.
# Where a shorter score is zero, nothing can be predicted from it at all.
#
# </details>
#
# **4. Another line for "solved".** Ask for half of the sums, for 99 percent, or for the loss to fall below a tenth of a nat. Does the picture change?
#
# <details markdown="1">
# <summary>Solution 4</summary>
#
# ```python
# ends = {
#     "half right": right_sums[:, -1] >= 0.5,
#     "90 % right": right_sums[:, -1] >= 0.9,
#     "99 % right": right_sums[:, -1] >= 0.99,
#     "loss < 0.1": nll[:, -1] < 0.1,
# }
# for name, done in ends.items():
#     print(name, [f"width {d}: {done[sums.d == d].sum()} of 8" for d in addition_widths])
# ```
#
# ```text
# half right ['width 8: 5 of 8', 'width 16: 3 of 8', 'width 32: 1 of 8']
# 90 % right ['width 8: 4 of 8', 'width 16: 3 of 8', 'width 32: 1 of 8']
# 99 % right ['width 8: 4 of 8', 'width 16: 3 of 8', 'width 32: 1 of 8']
# loss < 0.1 ['width 8: 5 of 8', 'width 16: 3 of 8', 'width 32: 1 of 8']
# ```
#
# Half of the sums, or the loss, adds the one model of width 8 that stands at 88 percent when its rate has decayed to zero; the order of the widths stays.
# A threshold on a curve that jumps hardly matters; on a smooth one it decides everything.
#
# </details>
#
# **5. Is it size?** If all 24 models had the same chance to solve, how often would the widths differ by as much as they do? Shuffle the widths ten thousand times.
#
# <details markdown="1">
# <summary>Solution 5</summary>
#
# ```python
# rng = np.random.default_rng(0)
# shuffled = rng.permuted(np.tile(done, (10_000, 1)), axis=1).reshape(-1, 3, 8).sum(axis=2)
# share = np.mean(np.ptp(shuffled, axis=1) >= np.ptp(counted))
# print(f"solved {counted.tolist()}: a range of {np.ptp(counted)} or more in {share:.0%} of the shuffles")
# ```
#
# ```text
# solved [4, 3, 1]: a range of 3 or more in 41% of the shuffles
# ```
#
# Two times in five, so these runs say nothing about the effect of size, in either direction.
# To tell a chance of a half from one of an eighth reliably takes several times eight seeds; plan that before you train.
#
# </details>

# %% [markdown]
# ## Where this comes from
#
# That most reported jumps are made by the metric is the argument of [@schaeffer2023mirage], who say themselves that nothing in it denies emergent abilities; the list of what was reported is that of [@wei2022emergent].
# Thresholds in the loss, under continuous metrics too, are reported by [@du2024understanding].
# How the lab's runs were made is told by [the data card](data-card.md).
