"""What robot data costs: tokens per hour, hours and dollars for a number of tokens.

Everything hangs on what counts as a token. A step of a policy such as OpenVLA
(https://arxiv.org/abs/2406.09246) puts out 7 action tokens; with the image and the text that it
reads (256 and about 20, *assumed*) it is 283. The two answers differ 40-fold, so `tokens_per_step`
has no default: say it with `step_tokens`. Control rates and prices are *assumed* too; their
defaults date from November 2026.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from scaling_core._batch import BatchedLaw
from scaling_core._check import Array, Domain, Floats, Numbers, broadcast, check, result
from scaling_core._surface import quiet
from scaling_core.power import OffsetPowerLaw

SECONDS_PER_HOUR = 3600.0
MONTHS_PER_YEAR = 12.0


def step_tokens(action: Numbers, image: Numbers = 0.0, text: Numbers = 0.0) -> Floats:
    """Tokens that count per control step: the actions, and what else you decide to count.

    action > 0, image and text >= 0 and 0 by default; they broadcast.

    >>> step_tokens(7), step_tokens(7, image=256, text=20)
    (7.0, 283.0)
    """
    action, image, text = broadcast(
        action=check("action", action),
        image=check("image", image, "nonnegative"),
        text=check("text", text, "nonnegative"),
    )
    return result(action + image + text)


@quiet
def tokens_per_hour(hz: Numbers, tokens_per_step: Numbers) -> Floats:
    """Tokens that one robot records in an hour of operation.

    hz control steps per second, tokens_per_step as counted by `step_tokens`; both > 0, they
    broadcast.

    >>> tokens_per_hour(15, [7, 283])
    array([  378000., 15282000.])
    """
    hz, per_step = broadcast(
        hz=check("hz", hz), tokens_per_step=check("tokens_per_step", tokens_per_step)
    )
    return result(SECONDS_PER_HOUR * hz * per_step)


@quiet
def episode_tokens(episodes: Numbers, steps: Numbers, tokens_per_step: Numbers) -> Floats:
    """Tokens of a data set of so many episodes with so many control steps each.

    All > 0; they broadcast.

    >>> from scaling_core import human  # OpenVLA's 970,000 episodes; 60 steps in each are made up
    >>> [human(episode_tokens(970e3, 60, counted)) for counted in (7, 283)]
    ['407M', '16.5B']
    """
    episodes, steps, per_step = broadcast(
        episodes=check("episodes", episodes),
        steps=check("steps", steps),
        tokens_per_step=check("tokens_per_step", tokens_per_step),
    )
    return result(episodes * steps * per_step)


@dataclass(frozen=True, eq=False)
class RobotBudget(BatchedLaw):
    """Hours and money for a number of tokens recorded on real robots.

    target_tokens    # tokens wanted, > 0
    hz               # control steps per second, > 0
    tokens_per_step  # counted by `step_tokens`, > 0
    price_per_hour   # dollars per robot-hour, >= 0; default 100, *assumed* (November 2026): no
                     # published price was found; one industry blog puts an operator at
                     # 25 to 45

    The numbers may be arrays of one shape: then it is many budgets, whose axes come first.
    That 20 tokens per parameter are wanted does not follow for a robot: it fine-tunes a model that
    has read trillions of tokens, its frames repeat each other, and new scenes count for more.

    >>> budget = RobotBudget(140e9, hz=[5, 15], tokens_per_step=7)
    >>> budget.hours, budget.dollars
    (array([1111111., 370370.]), array([1.111e8, 3.70e7]))
    """

    target_tokens: Floats
    hz: Floats
    tokens_per_step: Floats
    price_per_hour: Floats = 100.0

    _domains: ClassVar[dict[str, Domain]] = {
        "target_tokens": "positive",
        "hz": "positive",
        "tokens_per_step": "positive",
        "price_per_hour": "nonnegative",
    }

    @property
    def tokens_per_hour(self) -> Floats:
        """Tokens that one robot records in an hour.

        >>> RobotBudget(140e9, hz=15, tokens_per_step=7).tokens_per_hour
        378000.0
        """
        return tokens_per_hour(self.hz, self.tokens_per_step)

    @property
    @quiet
    def hours(self) -> Floats:
        """Robot-hours that the tokens take.

        >>> RobotBudget(140e9, hz=15, tokens_per_step=7).hours
        370370.4
        """
        return result(np.divide(self.target_tokens, self.tokens_per_hour))

    @property
    @quiet
    def dollars(self) -> Floats:
        """Price of the robot-hours.

        >>> RobotBudget(140e9, hz=5, tokens_per_step=283).dollars
        2.75e6
        """
        return result(np.multiply(self.hours, self.price_per_hour))

    @property
    @quiet
    def dollars_per_token(self) -> Floats:
        """Price of one token.

        >>> RobotBudget(140e9, hz=5, tokens_per_step=7).dollars_per_token
        0.00079
        """
        return result(np.divide(self.price_per_hour, self.tokens_per_hour))

    @quiet
    def months(self, robots: Numbers, hours_per_year: Numbers = 2000.0) -> Floats:
        """Months that a fleet needs.

        robots > 0; hours_per_year of operation per robot, > 0, default 2000 (*assumed*, November
        2026: one shift). They broadcast.

        >>> RobotBudget(140e9, hz=15, tokens_per_step=7).months([10, 185.2])
        array([222.2, 12.0])
        """
        robots, yearly = _fleet(hours_per_year, robots=robots)
        return result(MONTHS_PER_YEAR * self._hours(robots.ndim) / (robots * yearly))

    @quiet
    def robots(self, months: Numbers, hours_per_year: Numbers = 2000.0) -> Floats:
        """Robots, not rounded up, that record the tokens in so many months.

        months > 0; hours_per_year as in `months`. With 12 months it is the robot-years.

        >>> RobotBudget(140e9, hz=5, tokens_per_step=7).robots(12)
        555.6
        """
        months, yearly = _fleet(hours_per_year, months=months)
        return result(MONTHS_PER_YEAR * self._hours(months.ndim) / (months * yearly))

    def _hours(self, ndim: int) -> Array:
        target, hz, per_step, _ = self._spread(ndim)
        return np.divide(target, tokens_per_hour(hz, per_step))


@quiet
def sartor_law(A: Numbers, alpha: Numbers, E: Floats = 0.0) -> OffsetPowerLaw:
    """The law Err = (A/X)^alpha + E of Sartor and Thompson, as an `OffsetPowerLaw` of X.

    X demonstrations, parameters or FLOP; A > 0 in the same unit, the X at which the reducible part
    is 1 (of the unit of the error); alpha > 0; E >= 0. Arrays of one shape give many laws.
    Sec. IV of https://arxiv.org/abs/2405.14005 ; SARTOR_2024 has the exponents, but no A or E.

    >>> law = sartor_law(A=50, alpha=0.28, E=0.1)
    >>> law([50, 5000])
    array([1.1  , 0.375])
    """
    A, alpha = broadcast(A=check("A", A), alpha=check("alpha", alpha))
    return OffsetPowerLaw(E, result(A**alpha), result(alpha))


@quiet
def data_factor(alpha: Numbers, error_factor: Numbers = 2.0) -> Floats:
    """Times as much data that divides the reducible error by `error_factor`.

    error_factor^(1/alpha) for the exponent alpha > 0; error_factor >= 1, default 2 (half the
    error). They broadcast.

    >>> from scaling_core import SARTOR_2024
    >>> [data_factor(SARTOR_2024[name].value) for name in ("seen", "data, mean", "unseen")]
    [5.94, 12.3, 87.5]
    """
    alpha, error_factor = broadcast(
        alpha=check("alpha", alpha), error_factor=check("error_factor", error_factor, "at least 1")
    )
    return result(error_factor ** (1 / alpha))


def _fleet(hours_per_year: Numbers, **divisor: Numbers) -> tuple[Array, ...]:
    checked = {name: check(name, value) for name, value in divisor.items()}
    return broadcast(**checked, hours_per_year=check("hours_per_year", hours_per_year))
