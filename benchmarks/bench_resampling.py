"""Folds and splits of large tables, beside scikit-learn's stratified splitters on the same rows.

    OMP_NUM_THREADS=1 python benchmarks/bench_resampling.py [--scale 1.0]

Each case runs in a process of its own: CPU seconds (imports and, where it is not cached yet, numba's compiler counted),
rows per second of CPU, and the process's peak memory, of which `table` is the input. `soak` makes the folds and all splits of
three subsets; `soak, all rows` also goes through the train and test rows of each split. scikit-learn makes the folds
alone and goes through theirs. The ratio is scikit-learn's CPU time over ours.
"""

import argparse
import functools
import resource
import subprocess
import sys
import time

import numpy as np

FOLDS, SUBSETS, STRATA = 10, 3, 10
# name: rows, groups, algorithm, and scikit-learn's splitter for the same question
CASES = {
    "no groups, RSS": (10_000_000, 0, "RSS", "StratifiedKFold"),
    "groups, RSS": (1_000_000, 200_000, "RSS", "StratifiedGroupKFold"),
    "groups, Wasikowski": (1_000_000, 200_000, "Wasikowski", "StratifiedGroupKFold"),
}
WAYS = ("soak", "soak, all rows", "scikit-learn")
LIMITS = {"no groups, RSS": (10, 2000), "groups, RSS": (20, 2000)}  # CPU seconds, MB


def make_table(case: str, scale: float) -> tuple[np.ndarray, np.ndarray | None, np.ndarray]:
    """Subset, group and stratum of each row, of one byte where that is enough."""
    n_rows, n_groups, *_ = CASES[case]
    n_rows, n_groups = int(n_rows * scale), int(n_groups * scale)
    random = np.random.default_rng(1)
    stratum = random.integers(0, STRATA, n_rows, dtype=np.int8)
    if not n_groups:
        return random.integers(0, SUBSETS, n_rows, dtype=np.int8), None, stratum
    group = random.integers(0, n_groups, n_rows)
    return (group % SUBSETS).astype(np.int8), group, stratum


def run_soak(case: str, columns: tuple[np.ndarray, np.ndarray | None, np.ndarray], *, all_rows: bool) -> None:
    from soak import SameOtherSizesCV

    instance = SameOtherSizesCV(folds=FOLDS, group_stratum_algo=CASES[case][2]).instantiate(*columns)
    if all_rows:
        for _ in instance.split():
            pass


def run_scikit_learn(case: str, columns: tuple[np.ndarray, np.ndarray | None, np.ndarray]) -> None:
    from sklearn import model_selection

    _, group, stratum = columns
    splitter = getattr(model_selection, CASES[case][3])(FOLDS, shuffle=True, random_state=1)
    for _ in splitter.split(np.zeros((len(stratum), 1), dtype=np.int8), stratum, group):
        pass


def child(case: str, way: str, scale: float) -> None:
    """Run one way in this process; print its CPU seconds, its peak memory and the memory of its input, in MB."""
    columns = make_table(case, scale)
    table = _peak_mb()
    start = time.process_time()
    if way == "scikit-learn":
        run_scikit_learn(case, columns)
    else:
        run_soak(case, columns, all_rows=way == "soak, all rows")
    print(time.process_time() - start, _peak_mb(), table)


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@functools.cache
def measure(case: str, way: str, scale: float) -> tuple[float, float, float]:
    command = [sys.executable, __file__, "--child", case, way, "--scale", str(scale)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    seconds, peak, table = map(float, done.stdout.split())
    return seconds, peak, table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=1.0, help="share of the rows and groups")
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        child(*given.child, given.scale)
        return
    print(f"{FOLDS} folds, {SUBSETS} subsets, {STRATA} strata")
    print(
        f"{'case':<20}{'rows':>11}{'groups':>9}  {'':<28}{'CPU s':>8}{'rows/s':>12}{'peak MB':>9}{'table MB':>9}{'ratio':>8}"
    )
    for case, (n_rows, n_groups, _, theirs) in CASES.items():
        # the same rows for the same splitter: measured once
        rows = next(one for one, (*_, splitter) in CASES.items() if splitter == theirs)
        figures = {way: measure(rows if way == "scikit-learn" else case, way, given.scale) for way in WAYS}
        for way, (seconds, peak, table) in figures.items():
            n = int(n_rows * given.scale)
            ratio = figures["scikit-learn"][0] / seconds
            name = theirs if way == "scikit-learn" else way
            print(
                f"{case:<20}{n:>11,}{int(n_groups * given.scale):>9,}  {name:<28}{seconds:>8.2f}{n / seconds:>12,.0f}"
                f"{peak:>9.0f}{table:>9.0f}{ratio:>8.1f}"
            )
        if case in LIMITS and given.scale == 1:
            seconds, peak, _ = figures["soak"]
            met = "met" if seconds < LIMITS[case][0] and peak < LIMITS[case][1] else "MISSED"
            print(f"{'':<20}goal: under {LIMITS[case][0]} s and {LIMITS[case][1]} MB: {met}", flush=True)


if __name__ == "__main__":
    main()
