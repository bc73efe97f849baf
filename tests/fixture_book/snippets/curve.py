"""fig-curve: the loss of one law against model size."""

# --8<-- [start:figure]
import matplotlib.pyplot as plt
import numpy as np

from scaling_core import BESIROGLU_2024

N = np.geomspace(1e8, 1e11, 50)
L = BESIROGLU_2024.loss(N, 1e12)

fig, ax = plt.subplots()
ax.semilogx(N, L, label="Besiroglu et al. 2024")
ax.set(xlabel="parameters", ylabel="loss (nats per token)")
# --8<-- [end:figure]
