"""fig-contradiction: the loss that L(C_min) promises against the loss its own tokens allow."""

# --8<-- [start:figure]
from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np

from scaling_core import KAPLAN_2020, KAPLAN_2020_PRINTED, PF_DAY, human

more_tokens = replace(  # Eq. 6.7 instead of Table 6
    KAPLAN_2020,
    D_e=KAPLAN_2020_PRINTED["D at the critical batch, coefficient"].value,
    p_D=KAPLAN_2020_PRINTED["D at the critical batch, exponent"].value,
)
largest_seen = PF_DAY * (1.5e9 / KAPLAN_2020.N_e) ** (1 / KAPLAN_2020.p_N)
inside = np.geomspace(1e18, largest_seen, 20)
beyond = np.geomspace(largest_seen, 1e27, 60)
every = np.geomspace(1e18, 1e27, 80)

fig, ax = plt.subplots()
ax.set(
    xscale="log", yscale="log", xlabel="least compute C_min (FLOP)", ylabel="loss (nats per token)"
)
ax.plot(inside, KAPLAN_2020.loss_C_min(inside), "C3", label="L(C_min), sizes trained")
ax.plot(beyond, KAPLAN_2020.loss_C_min(beyond), "C3:", label="L(C_min), extrapolated")
for law, style, name, shift, side in (
    (KAPLAN_2020, "C2--", "Table 6", (6, 4), "left"),
    (more_tokens, "C2-.", "Eq. 6.7", (-6, -4), "right"),
):
    allowed = law.loss_D(law.optimum(every).D)
    ax.plot(every, allowed, style, label=f"L(D), tokens of {name}")
    ax.annotate(
        f"L(D), {name}",
        (every[-1], allowed[-1]),
        (5, 0),
        textcoords="offset points",
        va="bottom" if side == "left" else "top",
    )
    meet = law.crossing()
    ax.plot(meet.C_min, meet.loss, "o", color="C4")
    ax.annotate(
        f"{human(meet.C_min / PF_DAY, 2)} PF-days\n{meet.loss:.2f} nats",
        (meet.C_min, meet.loss),
        shift,
        textcoords="offset points",
        ha=side,
        va="bottom" if side == "left" else "top",
    )
ax.annotate("L(C_min)", (3e18, KAPLAN_2020.loss_C_min(3e18)), (8, 4), textcoords="offset points")
ax.set_yticks([1.4, 1.7, 2, 2.5, 3], ["1.4", "1.7", "2", "2.5", "3"])
ax.minorticks_off()
# --8<-- [end:figure]
