"""Random laws and arguments for the property tests, over the ranges that anybody could use."""

import math

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from scaling_core import ChinchillaLaw

# The same examples on every machine and day; no limit on the time of one, other work may run.
steady = settings(
    derandomize=True,
    deadline=None,
    max_examples=100,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)


def powers_of_ten(low: float, high: float) -> st.SearchStrategy[float]:
    return st.floats(low, high).map(lambda exponent: 10.0**exponent)


exponents = st.floats(0.05, 1)
logs = st.floats(0, 12)
params = powers_of_ten(3, 15)
tokens = powers_of_ten(5, 17)
budgets = powers_of_ten(8, 40)
sizes = powers_of_ten(-3, 3)  # N over the optimal N

laws = st.builds(
    lambda E, a, b, alpha, beta: ChinchillaLaw(E, math.exp(a), math.exp(b), alpha, beta),
    st.floats(0, 3),
    logs,
    logs,
    exponents,
    exponents,
)
