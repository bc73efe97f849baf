"""Acceptance cases that ask for GPU-hours, days and dollars."""

from scaling_core import Deployment, TrainingRun
from tests.acceptance import answers


@answers("gpu_hours_7b")
def training_run(case):
    run = TrainingRun(**case["inputs"])
    return {"flops": run.flops, "gpu_hours": run.gpu_hours, "days": run.days}


@answers("inference_cost_year")
def year_of_serving(case):
    inputs = dict(case["inputs"])
    price = inputs.pop("price_per_flop")
    year = Deployment(**inputs)
    return {"tokens": year.tokens, "flops": year.flops, "dollars": year.cost(price)}
