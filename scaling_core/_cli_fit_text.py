"""What `scaling-core fit` says: its numbers as text."""

from collections.abc import Callable, Mapping
from typing import Any

from scaling_core._cli import columns, note, share, shown
from scaling_core.isoflop import IsoFlopFit

UNITS = {
    "E": "nats per token",
    "A": "nats parameters^alpha",
    "alpha": "",
    "B": "nats tokens^beta",
    "beta": "",
    "a": "N* ~ C^a",
    "gamma": "L* - E ~ C^-gamma",
}


def header(table: Mapping[str, Any]) -> str:
    """Which runs of which file were fitted."""
    headers = [f"{letter} from {name!r}" for letter, name in table["columns"].items()]
    headers += [] if "D" in table["columns"] else ["D = C / (6 N)"]
    lines = [f"{table['file']}: {table['runs']} runs; {', '.join(headers)}."]
    if table["dropped"]:
        lines.append(f"{table['dropped']} runs of highest loss left out, as asked.")
    spans = {name: " to ".join(shown(end) for end in ends) for name, ends in table["range"].items()}
    units = {"N": " parameters", "D": " tokens", "C": " FLOP", "L": " nats"}
    lines.append(", ".join(f"{name} {spans[name]}{unit}" for name, unit in units.items()) + ".")
    return "\n".join(map(note, lines))


def surface_text(data: Mapping[str, Any], level: float) -> str:
    """What `fit` says of a surface."""
    known = [f"{name} = {value:g}" for name, value in data["fixed"].items()]
    known += ["alpha = beta"] * data["tie"]
    fixed = f", {', '.join(known)} fixed" if known else ""
    law = f"L = E + A N^-alpha + B D^-beta, Huber loss of ln L with delta {data['delta']:g}{fixed}."
    quality = (
        f"{'Converged' if data['converged'] else 'NOT CONVERGED'} in {data['iterations']} steps: "
        f"objective {data['objective']:.6g}, condition number {data['condition']:.2g}. Residuals: "
        f"{share(data['residual_rms'])} rms, scale {share(data['residual_scale'])}, "
        f"{share(data['within_delta'])} of them within delta."
    )
    return "\n\n".join(
        [
            note(law),
            _quantities("", data["constants"], UNITS, level, _plain),
            note(quality),
            *(note(f"Note: {remark}.") for remark in data["notes"]),
            note(_interval_words(data["bootstrap"])),
            *_predicted(data["predictions"], level),
        ]
    )


def isoflop_text(fit: IsoFlopFit, data: Mapping[str, Any], level: float) -> str:
    """What `fit --isoflop` says."""
    rows = [
        (
            shown(row.budget),
            str(row.n),
            shown(row.N_opt),
            shown(row.budget / (6 * row.N_opt**2)),
            shown(row.L_min, 4),
            shown(row.residual_rms, 2),
            "" if row.used else "left out",
        )
        for row in fit.table
    ]
    units = {"a": "N* ~ C^a", "coefficient": "parameters FLOP^-a"}
    return "\n\n".join(
        [
            note("Per budget a parabola of L in ln N; a line through the best sizes."),
            columns(("budget", "runs", "N*", "D/N", "least L", "rms", ""), rows, left=0, last=1),
            *(note(f"Note: {remark}.") for remark in fit.notes),
            _quantities("", data["constants"], units, level, _plain),
            note(_interval_words(data["bootstrap"])),
            *_predicted(data["predictions"], level),
        ]
    )


def _predicted(predictions: list[dict[str, Any]], level: float) -> list[str]:
    units = {"N": "parameters", "D": "tokens", "ratio": "D/N", "loss": "nats per token"}
    return [
        _quantities(
            f"at {shown(at['C'])} FLOP",
            {name: at[name] for name in units if name in at},
            units,
            level,
        )
        + (f"\nDecades outside the runs: {shown(at['decades_beyond'], 2)}."
           if at.get("decades_beyond") else "")
        for at in predictions
    ]  # fmt: skip


def _quantities(
    title: str,
    entries: Mapping[str, Any],
    units: Mapping[str, str],
    level: float,
    write: Callable[[float, int], str] = shown,
) -> str:
    """A table of values with their intervals and standard errors."""
    rows = [
        (
            name,
            write(about["value"], 5),
            " to ".join(write(float(end), 4) for end in about["interval"] or ()) or "-",
            "-" if about["standard_error"] is None else write(about["standard_error"], 3),
            units[name],
        )
        for name, about in entries.items()
    ]
    return columns((title, "value", f"{share(level)} interval", "std error", ""), rows, last=1)


def _interval_words(bootstrap: Mapping[str, Any] | None) -> str:
    if bootstrap is None:
        return "No intervals: --bootstrap N makes them from N resamples of the runs."
    odd = "".join(f"; {name}: {n}" for name, n in bootstrap["failures"].items() if n)
    what = f"groups of equal {bootstrap['groups']!r}" if bootstrap["groups"] else bootstrap["of"]
    return (
        f"Intervals: {bootstrap['n']} resamples of {what}, seed {bootstrap['seed']}{odd}. "
        "They cover chance, not a law of the wrong form."
    )


def _plain(value: float, digits: int) -> str:
    return f"{value:.{digits}g}"
