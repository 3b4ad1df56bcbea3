"""How well the verdicts are calibrated: false alarms and coverage where two subsets are of one distribution and size.

    python benchmarks/calibration.py [--tables 500] [--seed 1]

Each table has two subsets of n rows with p features, drawn from one logistic model. Other - same is then 0 on average: how often is
its P value below 0.05 (before Holm's correction), and how often does the 95 % interval hold 0? By the paired t test, by the
correction of Nadeau and Bengio, and with the algorithm chosen over same, other and all, chosen by same alone, or named
beforehand. (All - same is left out: all has twice the rows.) Prints the table of docs/verdicts.md; the same seed gives the same table.

A second table: which causes the verdicts name where 80 and 40 rows are of one distribution, a sine curve as in config/soaked.yaml.
"""

import argparse
import math
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import pandas as pd
from sklearn.tree import DecisionTreeRegressor

from soak import SameOtherSizesCV
from soak.scores.settings import VerdictSettings
from soak.scores.ttests import paired_test, row_error, t_quantile
from soak.scores.verdicts import verdicts
from soak.tables import TABLES

CASES = (
    (3, 100, 5),
    (5, 100, 5),
    (10, 100, 5),
    (20, 100, 5),
    (3, 400, 20),
    (5, 400, 20),
    (10, 400, 20),
    (20, 400, 20),
    (10, 40, 5),
    (10, 400, 100),
)  # folds, rows, features
ALPHA = 0.05
CHOICES = ("over all three", "by same", "beforehand")


def logistic(penalty):
    """Logistic regression with a ridge penalty, by eight steps of Newton's method."""

    def predict(x, y, test):
        x, test = (np.column_stack([np.ones(len(rows)), rows]) for rows in (x, test))
        ridge = penalty * np.eye(x.shape[1])
        ridge[0, 0] = 1e-6  # the intercept
        weights = np.zeros(x.shape[1])
        for _ in range(8):
            share = 1 / (1 + np.exp(-np.clip(x @ weights, -30, 30)))
            curvature = (x.T * (share * (1 - share))) @ x + ridge
            weights += np.linalg.solve(curvature, x.T @ (y - share) - ridge @ weights)
        return test @ weights > 0

    return predict


def linear_regression(x, y, test):
    """Ridge regression of the class: a shrunken linear discriminant."""
    center = x.mean(axis=0)
    x = x - center
    weights = np.linalg.solve(x.T @ x + 0.2 * len(x) * np.eye(x.shape[1]), x.T @ (y - y.mean()))
    return (test - center) @ weights + y.mean() > 0.5


def naive_bayes(x, y, test):
    """Normal distributions, independent within a class."""
    scores = []
    for label in (False, True):
        rows = x[y == label]
        mean, variance = rows.mean(axis=0), rows.var(axis=0) + 1e-3
        fit = -0.5 * (((test - mean) ** 2 / variance) + np.log(variance)).sum(axis=1)
        scores.append(fit + math.log(len(rows)))
    return scores[1] > scores[0]


def neighbours(k):
    """The majority of the k nearest train rows."""

    def predict(x, y, test):
        distances = (x**2).sum(axis=1) - 2 * test @ x.T
        nearest = np.argpartition(distances, k - 1, axis=1)[:, :k]
        return y[nearest].mean(axis=1) > 0.5

    return predict


ALGORITHMS = (logistic(1), logistic(20), linear_regression, naive_bayes, neighbours(9), neighbours(1))


def errors(rng, folds, n, p):
    """Whether each row of the first of two subsets of one distribution is misclassified, and the fold of each row.

    The errors have shape (train subsets same, other, all; algorithms; n).
    """
    x = rng.normal(size=(2 * n, p))
    weights = rng.normal(size=p) / math.sqrt(p)
    y = rng.uniform(size=2 * n) < 1 / (1 + np.exp(-3 * x @ weights))
    subset = np.repeat([0, 1], n)
    fold = np.concatenate([rng.permutation(np.arange(n) % folds) for _ in range(2)])
    found = np.empty((3, len(ALGORITHMS), n))
    for k in range(folds):
        test = np.flatnonzero((subset == 0) & (fold == k))
        for i, chosen in enumerate((subset == 0, subset == 1, subset >= 0)):
            train = chosen & (fold != k)
            for j, predict in enumerate(ALGORITHMS):
                one_class = y[train].min() == y[train].max()
                found[i, j, test] = y[test] != (y[train][0] if one_class else predict(x[train], y[train], x[test]))
    return found, fold[:n]


def judge(found, fold):
    """Per way of choosing the algorithm: the difference and its error, false alarm and coverage of both tests."""
    folds = int(fold.max()) + 1
    means = np.stack([found[:, :, fold == k].mean(axis=2) for k in range(folds)], axis=2)
    chosen = (means.mean(axis=(0, 2)).argmin(), means[0].mean(axis=1).argmin(), 0)
    rows = []
    for j in chosen:
        test = paired_test(means[1, j], means[0, j], ALPHA, row_error(found[1, j] - found[0, j]))
        wider = test.error * math.sqrt(1 + folds / (folds - 1))  # 1 / K + n_test / n_train, for 1 / K
        half = float(t_quantile(1 - ALPHA / 2, folds - 1)) * wider
        outside = abs(test.mean) > half
        rows.append((test.mean, test.error, test.p < ALPHA, test.low <= 0 <= test.high, outside, not outside))
    return rows


def simulate(case, seed, n_tables):
    """The numbers of `judge` for so many tables: shape (tables, choices, 6)."""
    rng = np.random.default_rng([seed, *case])
    return np.array([judge(*errors(rng, *case)) for _ in range(n_tables)], dtype=float)


def simulate_one(arguments):
    """`simulate`, for a process pool."""
    return simulate(*arguments)


def causes(seed, number):
    """Verdicts and causes on one table of 80 and 40 rows, with train sets of full and of equal size."""
    rng = np.random.default_rng([seed, 5, number])
    x = rng.uniform(-3 * np.pi, 3 * np.pi, size=(120, 1))
    y = np.sin(x[:, 0]) + 0.1 * rng.normal(size=120)
    splits = SameOtherSizesCV(folds=10, sizes=0, random_state=number).instantiate(
        np.tile(["large", "large", "small"], 40)
    )
    rows = []
    for split in splits.table.itertuples():
        train, test = splits.train(split.iteration), splits.test(split.iteration)
        tree = DecisionTreeRegressor(min_samples_split=20, min_samples_leaf=7, random_state=0).fit(x[train], y[train])
        for name, predicted in (("tree", tree.predict(x[test])), ("featureless", y[train].mean())):
            error = math.sqrt(np.mean((predicted - y[test]) ** 2))
            facts = split._asdict() | {"task_id": "one", "algorithm": name, "root_mean_squared_error": error}
            rows.append([facts[column] for column in (*TABLES["scores"].columns, "root_mean_squared_error")])
    scores = pd.DataFrame(rows, columns=[*TABLES["scores"].columns, "root_mean_squared_error"])
    return verdicts(scores, VerdictSettings(), references=("featureless",))


def print_causes(seed, n_tables):
    """Print how often each verdict and cause came out."""
    found = pd.concat([causes(seed, number) for number in range(1, n_tables + 1)])
    outcomes = found["verdict"].where(found["cause"] == "", found["verdict"] + ", " + found["cause"])
    counts = pd.crosstab([found["test_subset"], found["comparison"]], outcomes)
    print("\n|", " | ".join(["test subset", "comparison", *counts.columns]), "|")
    print("|" + "---|" * (2 + len(counts.columns)))
    for (subset, comparison), row in counts.iterrows():
        print("|", " | ".join([subset, comparison, *map(str, row)]), "|")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tables", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    columns = ("folds", "rows", "features", "algorithm chosen", "other - same, points", "its standard error")
    tests = ("false alarms", "coverage", "N. and B.: false alarms", "coverage")
    print("|", " | ".join([*columns, *tests]), "|")
    print("|" + "---|" * len([*columns, *tests]))
    with ProcessPoolExecutor(2) as pool:
        jobs = [(case, arguments.seed, arguments.tables) for case in CASES]
        for case, found in zip(CASES, pool.map(simulate_one, jobs), strict=True):
            for name, rows in zip(CHOICES, np.moveaxis(found, 1, 0), strict=True):
                mean, error = 100 * rows[:, 0].mean(), 100 * rows[:, 0].std() / math.sqrt(len(rows))
                shares = " | ".join(f"{100 * share:.1f} %" for share in rows[:, 2:].mean(axis=0))
                numbers = f"{mean:+.2f} ± {error:.2f} | {100 * rows[:, 1].mean():.1f} | {shares}"
                print(f"| {case[0]} | {case[1]} | {case[2]} | {name} | {numbers} |", flush=True)
    print_causes(arguments.seed, arguments.tables * 2 // 5)


if __name__ == "__main__":
    main()
