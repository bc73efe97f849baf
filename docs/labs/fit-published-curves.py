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
# description: Twelve points look like a straight line on logarithmic axes. Fit it, read the residuals, find the floor, and see both predictions part by more than half a nat.
# covers:
#   F22: "#a-straight-line"
#   V10: "#a-straight-line"
#   C01: "#the-points-and-what-they-are-not"
#   C02: "#a-straight-line"
#   C03: "#a-straight-line"
# ---

# %% [markdown]
# # Fit a curve, mistrust it
#
# Twelve points lie on a straight line, and the line explains 98 percent of their spread.
# Would you bet the next model on it?
#
# **No: the residuals of the line are curved, a law with a floor fits more than ten times better, and at a thousand billion parameters the two predictions differ by more than half a nat.**
#
# You fit both curves, read their residuals, ask how well the floor is known, follow both far beyond the data, and then repeat everything on points whose true law you chose yourself.
# Each claim is an `assert`: if one were false, this page would not exist.
#
# The chapter to this lab is [Power laws](../6-7/power-laws.md); the laws are those of `scaling_core`, which works with losses in nats per token.

# %%
# Library missing? Run once in a cell of its own:
# > %pip install --quiet matplotlib "scaling-core @ git+https://example.org/scaling-laws-computed/source"
import warnings

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import Markdown

from scaling_core import (
    KAPLAN_2020,
    FitWarning,
    fit_offset_power_law,
    fit_power_law,
    human,
    twelve_points,
)
from scaling_core.book.show import show, use_style

use_style()

# %% [markdown]
# ## The points, and what they are not
#
# The points are often passed around as measurements printed by Kaplan et al. 2020.
# They stand in no table of that paper.
# So they are an exercise in fitting: what follows says something about twelve numbers and a method, nothing about a real model.

# %%
N, L = twelve_points()
for size, loss in zip(N, L, strict=True):
    print(f"{human(size):>5} parameters  {loss:.2f} nats")

# %% [markdown]
# ## A straight line
#
# A power law is a straight line when both axes are logarithmic, so ordinary least squares on the logarithms fits it.
# Kaplan's law for model size has the exponent 0.076; the points are said to show it.

# %%
line = fit_power_law(N, L)
distance = (KAPLAN_2020.alpha_N + line.law.p) / line.se  # p is negative
print(f"exponent   {-line.law.p:.4f}, standard error {line.se:.4f}")
print(f"R squared  {line.r_squared:.3f}")
print(f"Kaplan     {KAPLAN_2020.alpha_N}, {distance:.1f} standard errors away")
assert round(-line.law.p, 4) == 0.0624
assert distance > 5

# %%
x = np.geomspace(N[0], N[-1])
fig, ax = plt.subplots()
for law, color, dash, name in (
    (line.law, "C5", "-.", "straight line"),
    (KAPLAN_2020.loss_N, "C3", ":", "Kaplan 2020"),
):
    ax.plot(x, law(x), dash, color=color, label=name)
    ax.text(1.2 * x[-1], law(x[-1]), name, va="center")
ax.plot(N, L, "o", color="C4", label="twelve points")
ax.set(xscale="log", xlabel="parameters")
ax.set(yscale="log", ylabel="loss (nats per token)")
ax.set_xticks([1e6, 1e7, 1e8, 1e9], ["1M", "10M", "100M", "1B"])
ax.set_yticks([2.5, 3, 3.5, 4], ["2.5", "3.0", "3.5", "4.0"])
ax.minorticks_off()
show(
    "fig-lab-line",
    alt="Loss against parameters on two logarithmic axes: twelve dots "
    "fall from 4.2 to 2.6 nats. A straight line passes close to all of "
    "them; a steeper line for Kaplan's law meets the small models and "
    "runs below the large ones.",
    caption="The line passes close to all points and is not Kaplan's. "
    "The dotted law has the constants of the paper.",
)

# %% [markdown]
# The line looks good and explains almost all of the spread.
# That is what R squared measures, and it is nearly useless here: anything that falls steadily over three decades gets a high one.

# %% [markdown]
# ## Look at what is left
#
# If the points scattered around a line, their residuals would change sign at random.
# Predict before you run the cell: how often do they change sign along the twelve points?

# %%
slopes = -np.diff(np.log(L)) / np.diff(np.log(N))
changes = np.count_nonzero(np.diff(np.sign(line.log_residuals)))
print("residuals of ln L in percent:")
print(np.round(100 * line.log_residuals, 1))
print("sign changes:", changes)
print(f"exponent at first {slopes[0]:.3f}, lowest {slopes.min():.3f}")
assert changes == 2
assert (line.log_residuals[[0, -1]] > 0).all()  # above the line at the ends
assert (line.log_residuals[3:8] < 0).all()  # below it in the middle
assert slopes.min() < slopes[0] / 2

# %% [markdown]
# Above, below, above: a bow, not scatter.
# The same can be read off neighbouring points: the exponent between them falls by half from the small models to the large ones.
# So the standard error of the exponent means little, since it takes the line to be true and only the points to be noisy.

# %% [markdown]
# ## Let the line bend
#
# A floor $E$ turns the line into a curve, $L = E + k N^{-p}$: only the part above $E$ is a power law.
# One more number is fitted, so the fit must get better; the question is by how much.

# %%
bent = fit_offset_power_law(N, L)
height = bent.law.k * 1e7**-bent.law.p
print(f"floor E       {bent.law.E:.3f} nats")
print(f"above it      {height:.3f} nats at 10M parameters")
print(f"exponent p    {bent.law.p:.3f}")
print(f"rms residual  {bent.rms:.4f} nats")
print(f"of the line   {line.rms:.4f} nats, {line.rms / bent.rms:.0f} times as much")
assert round(bent.law.E, 3) == 2.105
assert round(line.rms / bent.rms) == 13
assert bent.notes == ()  # the fit itself has no doubt about the floor

# %%
fig, ax = plt.subplots()
ax.axhline(0, color="C7", linewidth=1.5)
ax.plot(N, line.residuals, "s-.", color="C5", label="straight line")
ax.plot(N, bent.residuals, "o-", color="C0", label="with a floor")
ax.text(N[5], -0.08, "straight line", va="top")
ax.text(N[5], 0.015, "with a floor")
ax.set(xscale="log", xlabel="parameters")
ax.set(ylim=(-0.11, 0.16), ylabel="point minus fit (nats)")
ax.set_xticks([1e6, 1e7, 1e8, 1e9], ["1M", "10M", "100M", "1B"])
ax.minorticks_off()
show(
    "fig-lab-residuals",
    alt="Residuals in nats against parameters, log axis. Those of the "
    "straight line start at 0.14, sink to minus 0.07 in the middle and "
    "rise to 0.07: a bow. Those of the law with a floor stay within "
    "about 0.01 of zero.",
    caption="One fit leaves a bow. Marks are joined only to show their order.",
)

# %% [markdown]
# ## How well is the floor known?
#
# Hold $E$ fixed, fit the rest, and see how much worse the fit becomes: this is the profile of the floor.
# With $E$ fixed, $\ln(L - E)$ is a straight line again; weights $(L - E)^2$ make its residuals count in nats, as before.
# As a rule of thumb, a value of $E$ is within two standard errors while the sum of squares is at most $1 + 4/(n - 3)$ times the smallest, with $n$ points and three fitted numbers.


# %%
def rms_at(E):
    """Rms residual in nats of the best power law above a given floor."""
    above = fit_power_law(N, L - E, weights=(L - E) ** 2).law
    return np.sqrt(np.mean((L - E - above(N)) ** 2))


floors = np.linspace(0, 2.5, 501)
profile = np.array([rms_at(E) for E in floors])
lowest = floors[profile.argmin()]
limit = profile.min() * np.sqrt(1 + 4 / (N.size - 3))
low, high = floors[profile <= limit][[0, -1]]
print(f"lowest at E = {lowest:.3f}")
print(f"within two standard errors: [{low:.2f}, {high:.2f}]")
print(f"no floor: {profile[0] / profile.min():.0f} times the smallest residual")
assert abs(lowest - bent.law.E) < 0.01  # two routes, one floor
assert low < bent.law.E < high
assert profile[0] > 10 * profile.min()

# %%
fig, ax = plt.subplots()
ax.axvspan(low, high, color="C0", alpha=0.15, linewidth=0)
ax.plot(floors, profile, color="C0", label="best fit above a fixed floor")
ax.plot(bent.law.E, bent.rms, "o", color="C0")
ax.text(1.9, bent.rms, f"E = {bent.law.E:.2f}", ha="right", va="center")
ax.set(xlabel="floor E, held fixed (nats)")
ax.set(ylim=(0, None), ylabel="rms residual (nats)")
show(
    "fig-lab-profile",
    alt="Root mean square residual against the floor E from 0 to 2.5 "
    "nats: it falls slowly from 0.06 without a floor to a sharp minimum "
    "of 0.005 at E = 2.11, marked by a dot in a narrow band, and climbs "
    "steeply beyond it.",
    caption="The points pin the floor down. "
    "The band is the range within two standard errors, if the law has this form.",
)

# %% [markdown]
# The floor is known to a few hundredths of a nat *if* the law has this form.
# The profile cannot see a law of another form; that doubt has no error bar.

# %% [markdown]
# ## Follow both curves
#
# Where the points lie, the two fits differ by hundredths of a nat, except at the smallest models.
# What about models ten, a hundred and a thousand times larger?

# %%
print("parameters  Kaplan    line  with floor")
for size in (1e10, 1e11, 1e12):
    losses = KAPLAN_2020.loss_N(size), line.law(size), bent.law(size)
    print(f"{human(size):>10}" + "".join(f"{loss:8.3f}" for loss in losses))
apart = abs(bent.law(N) - line.law(N))
gap = bent.law(1e12) - line.law(1e12)
print(f"the two fits differ by {apart.mean():.2f} nats on average at the points,")
print(f"by {apart.max():.2f} at most, and by {gap:.2f} nats at 1T")
print("2.0 nats need", human(line.law.inverse(2.0)), "on the line,")
print("             ", human(bent.law.inverse(2.0)), "with the floor")
assert apart[2:].max() < 0.1
assert gap > 0.5
assert bent.law.inverse(2.0) == np.inf

# %%
far = np.geomspace(N[-1], 1e12)
fig, ax = plt.subplots()
ax.axhline(bent.law.E, color="C7", linestyle=":")
ax.text(1e6, 2.07, f"floor E = {bent.law.E:.2f}", va="top")
for fit, color, name in ((line, "C5", "line"), (bent, "C0", "with floor")):
    end = fit.law(1e12)
    ax.plot(x, fit.law(x), color=color, label=f"{name}, fitted")
    ax.plot(far, fit.law(far), "--", color=color, label=f"{name}, beyond")
    ax.text(1.5e12, end, f"{name}\n{end:.2f}", va="center")
ax.plot(N, L, "o", color="C4", label="twelve points")
ax.set(xscale="log", xlabel="parameters")
ax.set(ylim=(1.5, 4.4), ylabel="loss (nats per token)")
ax.set_xticks([1e6, 1e8, 1e10, 1e12], ["1M", "100M", "10B", "1T"])
ax.minorticks_off()
show(
    "fig-lab-far",
    alt="Loss against parameters from 1M to 1T, log axis. Two curves "
    "pass through twelve dots below 1.5B. Dashed beyond the dots, the "
    "straight line's law falls to 1.68 nats at 1T, the law with a floor "
    "flattens to 2.25, just above a dotted line at 2.11.",
    caption="Together on the data, apart beyond it. "
    "Dashed parts are extrapolation, up to 670 times the largest point.",
)

# %% [markdown]
# Inside the data the choice of curve matters little; outside, it decides the answer.
# Nothing in the twelve points tells which is right a thousand times further out, only which describes them better.

# %% [markdown]
# ## A check where the truth is known
#
# Is a fit with a floor a good habit, or does it find floors that are not there?
# Draw *simulated* points from a law you choose, at the same twelve sizes, with noise as large as the residuals above; fit both curves; compare with the truth at 1T.
# World one has a floor (the law just fitted), world two has none (the straight line).


# %%
def repeat(truth, times=100, seed=0):
    """Fit simulated points: R squared, both errors at 1T, E, doubted."""
    rng = np.random.default_rng(seed)
    rows = []
    for _ in range(times):
        loss = truth(N) + rng.normal(0, bent.rms, N.size)
        straight = fit_power_law(N, loss)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FitWarning)  # see fit.notes
            curved = fit_offset_power_law(N, loss)
        errors = [fit.law(1e12) - truth(1e12) for fit in (straight, curved)]
        doubted = bool(curved.notes)
        rows.append((straight.r_squared, *errors, curved.law.E, doubted))
    return np.array(rows).T


worlds = {"floor": repeat(bent.law), "no floor": repeat(line.law)}
print("             R squared   rms error at 1T     floors")
print("truth          of line   line  with floor   doubted")
for name, (r_squared, straight, curved, _, doubted) in worlds.items():
    errors = [np.sqrt(np.mean(error**2)) for error in (straight, curved)]
    print(f"{name:9}{r_squared.mean():13.3f}", end="")
    print(f"{errors[0]:7.3f}{errors[1]:12.3f}{doubted.mean():10.0%}")

_, straight, curved, E, doubted = worlds["floor"]
print(f"floor {bent.law.E:.2f} found as {E.mean():.2f}, spread {E.std(ddof=1):.2f}")
assert (abs(straight) > 0.5).all()  # the line is wrong in every repetition
assert (abs(curved) < 0.05).all()  # the law with a floor finds its way
assert (abs(E - bent.law.E) < 0.1).all()
assert not doubted.any()

_, straight, curved, E, doubted = worlds["no floor"]
assert (abs(straight) < 0.05).all()
assert np.sqrt(np.mean(curved**2)) < 0.05
assert doubted.mean() > 0.8  # "E is not distinguishable from 0"
assert (E == 0).mean() > 0.5
assert np.quantile(E, 0.95) < 0.4

# %%
fig, ax = plt.subplots()
share = np.arange(1, E.size + 1) / E.size
for name, color, dash in (("floor", "C0", "-"), ("no floor", "C5", "-.")):
    found = np.sort(worlds[name][3])
    ax.step(found, share, dash, color=color, label=f"truth: {name}")
ax.text(0.15, 0.3, "truth: no floor")
ax.text(2.0, 0.6, "truth: floor", ha="right")
ax.axvline(bent.law.E, color="C7", linestyle=":")
ax.set(xlabel="fitted floor E (nats)", xlim=(-0.05, 2.3))
ax.set(ylabel="share of repetitions below")
show(
    "fig-lab-check",
    alt="Share of simulated repetitions with a fitted floor below E, "
    "against E from 0 to 2.3 nats. Where the truth has no floor, most "
    "fits give exactly 0 and nearly all stay below 0.4. Where it has one "
    "at 2.11, all fits lie within 0.1 of it.",
    caption="A floor is found where there is one. "
    "Simulated: 100 repetitions of each world, noise of 0.005 nats.",
)

# %% [markdown]
# In the world with a floor the line still earns an R squared of 0.98 and misses by half a nat, every time.
# In the world without one, the fit with a floor gives up a hundredth or two and says itself that it doubts the floor.
# At this noise and over this range the extra number is a cheap insurance.
# With fewer points, more noise or a shorter range it is not: the third task shows how little it takes.

# %% [markdown]
# ## What to keep

# %%
Markdown(f"""
1. Plot the residuals before you trust R squared: {line.r_squared:.3f} went with a bow of {100 * np.ptp(line.log_residuals):.0f}% from top to bottom.
2. The floor moves the curve by {apart.mean():.2f} nats inside the data and by {gap:.2f} nats at 1T: say which law you extrapolated.
3. The interval [{low:.2f}, {high:.2f}] for the floor takes the form of the law for granted; test the form on points left out.
""")

# %% [markdown]
# ## Tasks
#
# Write your answer down before you open a solution.
# Its code continues this notebook: paste it into a cell to run it.
#
# **1. How far is it to two numbers?** Which model sizes reach 2.2 nats on the line and on the law with a floor? And half the loss of the largest point?
#
# <details markdown="1">
# <summary>Solution 1</summary>
#
# ```python
# for target in (2.2, L[-1] / 2):
#     sizes = [human(fit.law.inverse(target)) for fit in (line, bent)]
#     print(f"{target:.1f} nats: {sizes[0]} or {sizes[1]}")
# ```
#
# ```text
# 2.2 nats: 13.9B or 11.2T
# 1.3 nats: 63.5T or inf
# ```
#
# The line promises any loss at a price; below the floor no size will do, which `inverse` answers with infinity.
#
# </details>
#
# **2. Let the points judge.** Fit both curves to the nine smallest models and predict the three largest. Which one wins, and by how much?
#
# <details markdown="1">
# <summary>Solution 2</summary>
#
# ```python
# for name, fit in (("line", fit_power_law), ("with floor", fit_offset_power_law)):
#     law = fit(N[:9], L[:9]).law
#     print(f"{name}: errors {np.round(law(N[9:]) - L[9:], 3)} nats")
# ```
#
# ```text
# line: errors [-0.082 -0.135 -0.171] nats
# with floor: errors [0.01  0.013 0.03 ] nats
# ```
#
# Points left out are the only judges that did not help to write the law.
# Three of them, less than a decade further on, do not judge what happens at 1T.
#
# </details>
#
# **3. Spoil it.** Move the last point up by 0.05 nats, about two percent. What happens to E and to the prediction at 1T?
#
# <details markdown="1">
# <summary>Solution 3</summary>
#
# ```python
# moved = L.copy()
# moved[-1] += 0.05
# spoiled = fit_offset_power_law(N, moved)
# print(f"E {spoiled.law.E:.2f} instead of {bent.law.E:.2f}")
# print(f"1T {spoiled.law(1e12):.2f} instead of {bent.law(1e12):.2f} nats")
# ```
#
# ```text
# E 2.19 instead of 2.11
# 1T 2.31 instead of 2.25 nats
# ```
#
# One point in twelve moves the floor out of the profile's interval: a poor last run, for instance one stopped early, is read as a higher floor.
#
# </details>
#
# **4. Relative or absolute?** The line was fitted to logarithms, the law with a floor to nats. Fit the floor to relative residuals as well. Does it matter?
#
# <details markdown="1">
# <summary>Solution 4</summary>
#
# ```python
# relative = fit_offset_power_law(N, L, weights=1 / L**2)
# print(f"E {relative.law.E:.3f} instead of {bent.law.E:.3f}")
# print(f"p {relative.law.p:.3f} instead of {bent.law.p:.3f}")
# ```
#
# ```text
# E 2.093 instead of 2.105
# p 0.185 instead of 0.188
# ```
#
# The two agree within the profile's interval, so the choice is not what decides here; say which one you made.
#
# </details>
