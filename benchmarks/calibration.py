"""How well the verdicts are calibrated: false alarms and coverage where two subsets are of one distribution and size.

    python benchmarks/calibration.py [--tables 400] [--seed 1]

Each table has two subsets of n rows with p features, drawn from one logistic model. Other - same is then 0 on average: how often is
its P value below 0.05 (before Holm's correction), and how often does the 95 % interval hold 0? By the paired t test, by the
correction of Nadeau and Bengio, and with the algorithm chosen over same, other and all, chosen by same alone, or named
beforehand. (All - same is left out: all has twice the rows.) Prints a table for docs/verdicts.md; the same seed gives the same table.
"""

import argparse
import math
from concurrent.futures import ProcessPoolExecutor

import numpy as np
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.tree import DecisionTreeClassifier

from soak.scores.ttests import paired_test, t_quantile

CASES = (
    (3, 100, 5),
    (3, 400, 20),
    (5, 100, 20),
    (10, 40, 5),
    (10, 100, 5),
    (10, 400, 20),
    (10, 400, 100),
)  # folds, rows, features
ALPHA = 0.05
CHOICES = ("over all three", "by same", "beforehand")


def algorithms():
    """Six learners that are quick to fit."""
    return (
        LogisticRegression(max_iter=200),
        LogisticRegression(C=0.05, max_iter=200),
        LinearDiscriminantAnalysis(solver="lsqr", shrinkage=0.2),
        GaussianNB(),
        KNeighborsClassifier(9),
        DecisionTreeClassifier(max_depth=4, random_state=0),
    )


def errors(rng, folds, n, p):
    """Errors of (train subsets same, other, all; algorithm; fold) on the first of two subsets of one distribution."""
    x = rng.normal(size=(2 * n, p))
    weights = rng.normal(size=p) / math.sqrt(p)
    y = rng.uniform(size=2 * n) < 1 / (1 + np.exp(-3 * x @ weights))
    subset = np.repeat([0, 1], n)
    fold = np.concatenate([rng.permutation(np.arange(n) % folds) for _ in range(2)])
    found = np.empty((3, len(algorithms()), folds))
    for k in range(folds):
        test = (subset == 0) & (fold == k)
        for i, chosen in enumerate((subset == 0, subset == 1, subset >= 0)):
            train = chosen & (fold != k)
            for j, model in enumerate(algorithms()):
                if y[train].all() or not y[train].any():
                    found[i, j, k] = np.mean(y[test] != y[train][0])
                else:
                    found[i, j, k] = np.mean(model.fit(x[train], y[train]).predict(x[test]) != y[test])
    return found


def judge(found):
    """Per way of choosing the algorithm: difference, P and interval of the t test, P and interval of Nadeau and Bengio's."""
    folds = found.shape[2]
    chosen = (found.mean(axis=(0, 2)).argmin(), found[0].mean(axis=1).argmin(), 0)
    rows = []
    for j in chosen:
        test = paired_test(found[1, j], found[0, j], ALPHA)
        if not test.error > 0:  # all differences are zero, or alike
            rows.append((test.mean, test.mean != 0, test.mean == 0, False, test.mean == 0))
            continue
        wider = test.error * math.sqrt(1 + folds / (folds - 1))  # 1 / K + n_test / n_train, for 1 / K
        half = float(t_quantile(1 - ALPHA / 2, folds - 1)) * wider
        rows.append(
            (test.mean, test.p < ALPHA, test.low <= 0 <= test.high, abs(test.mean) > half, abs(test.mean) <= half)
        )
    return rows


def simulate(case, seed, n_tables):
    """The numbers of `judge` for so many tables: shape (tables, choices, 5)."""
    rng = np.random.default_rng([seed, *case])
    return np.array([judge(errors(rng, *case)) for _ in range(n_tables)], dtype=float)


def simulate_one(arguments):
    """`simulate`, for a process pool."""
    return simulate(*arguments)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tables", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    print(
        "| folds | rows | features | algorithm chosen | mean difference, points | false alarms | coverage | (N. & B.) false alarms | coverage |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    with ProcessPoolExecutor(2) as pool:
        jobs = [(case, arguments.seed, arguments.tables) for case in CASES]
        for case, found in zip(CASES, pool.map(simulate_one, jobs), strict=True):
            for name, rows in zip(CHOICES, np.moveaxis(found, 1, 0), strict=True):
                mean, error = 100 * rows[:, 0].mean(), 100 * rows[:, 0].std() / math.sqrt(len(rows))
                shares = " | ".join(f"{100 * share:.1f} %" for share in rows[:, 1:].mean(axis=0))
                print(
                    f"| {case[0]} | {case[1]} | {case[2]} | {name} | {mean:+.1f} ± {error:.1f} | {shares} |", flush=True
                )


if __name__ == "__main__":
    main()
