"""The transfer map: how well each subset's own model predicts every other subset, and who can stand in for whom."""

from collections.abc import Collection, Mapping, Sequence
from itertools import combinations

import pandas as pd

from soak.measures import column_measure
from soak.scores.scoring import OWN_COLUMNS
from soak.scores.ttests import sample_mean, sample_sd
from soak.tables import TABLES

_CELL = ["task_id", "test_subset", "train_subset", "algorithm", "measure"]
KEPT = 0.75  # share of the skill of same with which a model can stand in; the margin of verdicts is for means with intervals
_MOST_NAMES = 6  # of subsets that a sentence names
_MOST_GIVERS = 3  # of which a sentence says whom each serves, beside groups that serve each other


def transfer(
    own: pd.DataFrame, references: Collection[str] = (), reference: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Mean, SD and skill of each subset's own model on every subset, over the folds.

    Parameters
    ----------
    own : DataFrame
        Columns `soak.scores.scoring.OWN_COLUMNS` and one per measure: a score per model, that is subset and fold, and
        subset tested.
    references : collection of str
        Algorithms that use no features: the first of them that a task has, trained on the subset tested, is what skill is
        measured against.
    reference : DataFrame, optional
        Scores of the reference instead: task_id, test_subset, test_fold, and one column per measure.

    Returns
    -------
    DataFrame
        The table transfer, rows by task, test subset, train subset, algorithm and measure, each in the order of the
        scores. Tasks with one subset have none.
    """
    measures = [name for name in own.columns if name not in OWN_COLUMNS]
    several = own.groupby("task_id")["train_subset"].transform("nunique") > 1
    values = own[several].melt(id_vars=list(OWN_COLUMNS), value_vars=measures, var_name="measure")
    values = values[values["value"].notna()]
    if reference is not None:
        reference = reference.melt(["task_id", "test_subset", "test_fold"], measures, var_name="measure")
    values = values.assign(reference=_reference_scores(values, references, reference))
    cells = (
        values.groupby(_CELL, sort=False)
        .agg(
            mean=("value", sample_mean),
            sd=("value", sample_sd),
            n=("value", "size"),
            reference=("reference", lambda known: sample_mean(known.dropna())),
        )
        .reset_index()
    )
    cells["skill"] = [
        column_measure(row.measure).skill(row.mean, row.reference) + 0.0  # 0, not -0
        for row in cells.itertuples(index=False)
    ]
    places = {name: list(own[name].unique()) for name in ("task_id", "algorithm")}
    subsets = list(pd.concat([own["train_subset"], own["test_subset"]]).unique())  # one of few rows may have no model
    order = pd.DataFrame(
        {
            "task_id": cells["task_id"].map(places["task_id"].index),
            "test_subset": cells["test_subset"].map(subsets.index),
            "train_subset": cells["train_subset"].map(subsets.index),
            "algorithm": cells["algorithm"].map(places["algorithm"].index),
            "measure": cells["measure"].map(measures.index),
        }
    )
    ordered = cells.loc[order.sort_values(_CELL, kind="stable").index]
    return ordered[list(TABLES["transfer"].columns)].reset_index(drop=True)


def _reference_scores(values: pd.DataFrame, references: Collection[str], reference: pd.DataFrame | None) -> pd.Series:
    """For each score that of the reference of the subset tested, in the same fold; NaN without one."""
    keys = ["task_id", "test_subset", "test_fold", "measure"]
    own = values[values["algorithm"].isin(references) & (values["test_subset"] == values["train_subset"])]
    found = own if reference is None else reference
    found = found.drop_duplicates(keys).set_index(keys)["value"]
    return pd.Series(found.reindex(pd.MultiIndex.from_frame(values[keys])).to_numpy(dtype=float), index=values.index)


def map_of(table: pd.DataFrame, verdicts: pd.DataFrame, references: Collection[str] = ()) -> pd.DataFrame:
    """The cells of one task that are shown and spoken of: of its first measure and one algorithm.

    The algorithm is the one that speaks for most test subsets in the verdicts; without verdicts the one with the
    highest mean skill (then of most cells, then the first).

    Parameters
    ----------
    table : DataFrame
        Rows of one task of the table transfer.
    verdicts : DataFrame
        The table verdicts.
    """
    table = table[table["measure"] == table["measure"].iloc[0]]
    table = table[~table["algorithm"].isin(references)]
    names = list(table["algorithm"].unique())
    if len(names) > 1:
        decided = verdicts[(verdicts["task_id"] == table["task_id"].iloc[0]) & verdicts["algorithm"].isin(names)]
        subsets = decided.drop_duplicates("test_subset")["algorithm"].value_counts()
        skills = table.groupby("algorithm")["skill"].mean().fillna(float("-inf"))
        cells = table["algorithm"].value_counts()
        names.sort(key=lambda name: (-subsets.get(name, 0), -skills[name], -cells[name]))
    return table[table["algorithm"].isin(names[:1])]


def sentences(
    table: pd.DataFrame, verdicts: pd.DataFrame, references: Collection[str] = (), kept: float = KEPT
) -> dict[str, str]:
    """A sentence for each task of more than two subsets: who can stand in for whom, and who is alone.

    Parameters
    ----------
    table, verdicts : DataFrame
        The tables transfer and verdicts.
    references : collection of str
        Algorithms that use no features.
    kept : float
        A subset serves another if its model keeps at least this share of the skill that *same* has there.

    Notes
    -----
    Nothing is tested here: whether a mean is near another is all that is said.
    """
    found = {}
    for task, rows in table.groupby("task_id", sort=False):
        cells = map_of(rows, verdicts, references)
        if cells["test_subset"].nunique() > 2 and cells["skill"].notna().any():
            found[str(task)] = _sentence(cells, kept)
    return found


def _sentence(cells: pd.DataFrame, kept: float) -> str:
    subsets = list(cells["test_subset"].unique())
    skill = cells.pivot(index="train_subset", columns="test_subset", values="skill").reindex(subsets)[subsets]
    own = {name: float(skill.at[name, name]) for name in subsets}
    serves = {
        giver: [
            taker
            for taker in subsets
            if taker != giver and own[taker] > 0 and skill.at[giver, taker] >= kept * own[taker]
        ]
        for giver in subsets
    }
    served = {taker: [giver for giver in subsets if taker in serves[giver]] for taker in subsets}
    parts = []
    groups = _mutual(subsets, serves)
    for group in groups:
        parts.append(f"{_names(group, subsets)} serve each other{_within(cells, group)}")
    others = {
        giver: [name for name in serves[giver] if not any({giver, name} <= set(group) for group in groups)]
        for giver in subsets
    }
    parts += _one_by_one({giver: takers for giver, takers in others.items() if takers}, groups, subsets)
    alone = [name for name in subsets if not serves[name] and not served[name]]
    if len(alone) == len(subsets):
        parts.append(f"each of the {len(subsets)} subsets stands alone: none serves another")
    elif alone:
        verb = "stands alone: it serves nobody, and nobody serves it"
        several = "stand alone: they serve nobody, and nobody serves them"
        parts.append(f"{_names(alone, subsets)} {verb if len(alone) == 1 else several}")
    takers = [name for name in subsets if not serves[name] and served[name]]
    if takers:
        parts.append(f"{_names(takers, subsets)} {'serves' if len(takers) == 1 else 'serve'} nobody")
    misled = [
        (giver, taker) for giver in subsets for taker in subsets if giver != taker and skill.at[giver, taker] <= 0
    ]
    if misled:
        pairs = len(subsets) * (len(subsets) - 1)
        parts.append(f"for {len(misled)} of the {pairs} pairs the model is no better than guessing")
    algorithm, share = cells["algorithm"].iloc[0], f"{100 * kept:g} %"
    return f"{'; '.join(parts)} (serves: keeps at least {share} of the skill of same; {algorithm})."


def _one_by_one(
    serves: Mapping[str, Sequence[str]], groups: Sequence[Sequence[str]], subsets: Sequence[str]
) -> list[str]:
    """Who serves whom outside of the groups; of many only how often, and who most."""
    if len(serves) > _MOST_GIVERS:
        count, pairs = sum(map(len, serves.values())), len(subsets) * (len(subsets) - 1)
        most = max(map(len, serves.values()))
        best = [giver for giver, takers in serves.items() if len(takers) == most]
        beyond = "beyond these, " if groups else ""
        names, each = _names(best, subsets), " each" if len(best) > 1 else ""
        often = f", most often ({most} times{each}) that of {names}" if most > 1 else f": those of {names} once{each}"
        return [f"{beyond}a model serves another subset for {count} of the {pairs} pairs{often}"]
    return [
        f"{giver} {'also ' if any(giver in group for group in groups) else ''}serves {_names(takers, subsets)}"
        for giver, takers in serves.items()
    ]


def _mutual(subsets: Sequence[str], serves: dict[str, list[str]]) -> list[list[str]]:
    """Groups of subsets all of which serve each other, the largest found first; each subset is in one at most."""
    groups: list[list[str]] = []
    left = list(subsets)
    while left:
        grown = []
        for first in left:
            group = [first]
            for name in left:
                if name != first and all(name in serves[other] and other in serves[name] for other in group):
                    group.append(name)
            grown.append(group)
        best = max(grown, key=len)
        if len(best) < 2:
            break
        groups.append([name for name in subsets if name in best])
        left = [name for name in left if name not in best]
    return groups


def _within(cells: pd.DataFrame, group: Sequence[str]) -> str:
    """For instance " within 2.1 points": the largest loss against same in a group, of a measure in percent."""
    measure = column_measure(cells["measure"].iloc[0])
    mean = cells.pivot(index="train_subset", columns="test_subset", values="mean")
    sign = -1 if measure.greater_is_better else 1
    losses = [
        sign * (mean.at[giver, taker] - mean.at[taker, taker])
        for pair in combinations(group, 2)
        for giver, taker in (pair, pair[::-1])
    ]
    worst = max(0.0, *losses)
    unit = "points" if measure.percent else f"of {measure.label}"
    return f" within {measure.number(worst)} {unit}"


def _names(names: Sequence[str], subsets: Sequence[str]) -> str:
    """Names in a sentence: "A, B and C", "all 12 subsets", "A, B, C, D, E, F and 3 more"."""
    if len(names) == len(subsets):
        return f"all {len(names)} subsets"
    shown = list(names[:_MOST_NAMES])
    if len(names) > len(shown):
        return f"{', '.join(shown)} and {len(names) - len(shown)} more"
    return " and ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else shown[0]
