"""Acceptance cases that ask for scores of several steps or samples, or for robot data."""

from scaling_core.downstream import StepAccuracy
from scaling_core.robotics import RobotBudget, tokens_per_hour
from scaling_core.scores import exact_match, pass_at_k
from tests.acceptance import answers


@answers("exact_match")
def all_steps_right(case):
    return exact_match(**case["inputs"])


@answers("pass_at_k")
def one_sample_right(case):
    return pass_at_k(**case["inputs"])


@answers("emergence_demo")
def half_of_the_answers_right(case):
    return StepAccuracy(**case["constants"]).inverse(0.5, case["inputs"]["n"])


@answers("robot_tokens_hour")
def robot_hours(case):
    hz, per_step, target = (case["inputs"][name] for name in ("hz", "tokens_per_step", "target"))
    per_hour = tokens_per_hour(hz, per_step)
    return {"per_hour": per_hour, "hours": RobotBudget(target, hz, per_step).hours}
