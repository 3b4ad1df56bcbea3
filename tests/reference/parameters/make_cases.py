"""The cases of cv_glmnet_parameters.jsonl.gz: small tables, each with some of cv_glmnet's less usual parameters."""

import json
import sys

import numpy as np

P = [f"p{number}" for number in range(6)]
SETTINGS = {
    "lambda": {"lambda": [0.01, 0.3, 0.1, 0.03, 0.001]},
    "lambda_to_zero": {"lambda": [0.5, 0.05, 0.0], "alpha": 0.5},
    "lambda_min_ratio": {"lambda_min_ratio": 0.05},
    "penalty_factor": {"penalty_factor": {"p0": 0.0, "p2": 3.0, "p4": 0.5}},
    "lower_limits": {"lower_limits": 0},
    "upper_limits": {"upper_limits": {"p0": 0.2, "p1": 0.0}, "standardize": False},
    "both_limits": {"lower_limits": {"p1": -0.1}, "upper_limits": 0.3},
    "intercept": {"intercept": False},
    "dfmax": {"dfmax": 2},
    "exclude": {"exclude": ["p0", "p3"], "alpha": 0.3},
    "several": {
        "exclude": ["p5"],
        "penalty_factor": {"p0": 2.0, "p5": 3.0},
        "lower_limits": {"p1": 0.0},
        "type_measure": "mae",
    },
}
GROUPED = {
    "grouped": {"type_multinomial": "grouped"},
    "grouped_ridge": {"type_multinomial": "grouped", "alpha": 0.2, "standardize": False},
    "grouped_factor": {"type_multinomial": "grouped", "penalty_factor": {"p0": 0.0}, "exclude": ["p1"]},
    "grouped_limits": {"type_multinomial": "grouped", "lower_limits": -0.2, "upper_limits": 0.4},
    "grouped_lambda": {"type_multinomial": "grouped", "lambda": [0.2, 0.1, 0.05], "intercept": False},
}
CLASSES = {"regression": [], "binary": ["no", "yes"], "multi": ["a", "b", "c"]}


def make_case(number: int, name: str, family: str, settings: dict) -> dict:
    rng = np.random.default_rng(number)
    x = rng.normal(size=(90, 6)).round(6)
    score = x[:, 0] - 0.8 * x[:, 1] + 0.4 * x[:, 2] + rng.normal(size=90)
    classes = CLASSES[family]
    if classes:
        y = [
            classes[code] for code in np.digitize(score, np.quantile(score, np.arange(1, len(classes)) / len(classes)))
        ]
    else:
        y = (score + 2).round(6).tolist()
    columns = [{"name": p, "type": "double", "values": values.tolist()} for p, values in zip(P, x.T, strict=True)]
    case = {"id": f"{family}_{name}", "family": family, "x": columns, "y": y, "classes": classes, "seed": number}
    if number % 3 == 0:
        case["w"] = rng.integers(1, 4, 90).tolist()
    return case | {"settings": {"folds": 5} | settings, "train": list(range(70)), "test": list(range(70, 90))}


def main(path: str) -> None:
    jobs = [(name, family, settings) for name, settings in SETTINGS.items() for family in CLASSES]
    jobs += [(name, "multi", settings) for name, settings in GROUPED.items()]
    with open(path, "w", encoding="utf-8") as file:
        for number, job in enumerate(jobs, start=1):
            file.write(json.dumps(make_case(number, *job)) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
