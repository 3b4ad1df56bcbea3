"""What must hold before anything is split, and before anything is fitted."""

import numbers
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from soak.errors import SoakError
from soak.names import nearest
from soak.resampling.folds import ALGORITHMS
from soak.resampling.roles import Roles
from soak.resampling.sizes import LETTERS, count_groups_per_subset

if TYPE_CHECKING:
    from soak.resampling.instance import Instance


def check_settings(
    folds: Any, seeds: Any, sizes: Any, ratio: Any, subsets: Any, group_stratum_algo: Any, random_state: Any
) -> list[str]:
    """Check the parameters of `SameOtherSizesCV`; the train subsets that are asked: "same", "other", "all"."""
    _check_whole("folds", folds, 2, "a whole number, 2 or more")
    _check_whole("seeds", seeds, 1, "a whole number, 1 or more")
    _check_whole("sizes", sizes, -1, "a whole number: -1 (full train sets only), 0 (also the smallest size), 1, 2, …")
    if not _is_number(ratio, numbers.Real) or not 0 < ratio < 1:
        raise SoakError(f"ratio: {ratio!r} is not allowed; a number above 0 and below 1")
    if group_stratum_algo not in ALGORITHMS:
        hint = nearest(str(group_stratum_algo), ALGORITHMS)
        raise SoakError(
            f"group_stratum_algo: {group_stratum_algo!r} is not known, {hint}; allowed: {', '.join(ALGORITHMS)}"
        )
    _check_whole("random_state", random_state, -(2**31) + 1, "a whole number that R's set.seed takes")
    if random_state >= 2**31:
        raise SoakError(f"random_state: {random_state!r} is not allowed; a whole number that R's set.seed takes")
    letters = subsets.upper() if isinstance(subsets, str) else ""
    if not letters or set(letters) - set(LETTERS) or len(set(letters)) < len(letters):
        raise SoakError(f"subsets: {subsets!r} is not allowed; any of the letters S (same), O (other), A (all)")
    return [LETTERS[letter] for letter in letters]


def _check_whole(name: str, value: Any, least: int, allowed: str) -> None:
    if not _is_number(value, numbers.Integral) or value < least:
        raise SoakError(f"{name}: {value!r} is not allowed; {allowed}")


def _is_number(value: Any, kind: type) -> bool:
    return isinstance(value, kind) and not isinstance(value, bool | np.bool_)


def check_enough_groups(roles: Roles, n_folds: int) -> None:
    """Whether each subset can be in each fold."""
    per_subset = count_groups_per_subset(roles.subset, roles.group, len(roles.subsets))
    code = int(per_subset.argmin())
    fewest = int(per_subset[code])
    if fewest >= n_folds:
        return
    what = "row" if roles.group is None else "group"
    use = f"use at most {fewest} folds" if fewest > 1 else ""
    if len(roles.subsets) == 1:
        raise SoakError(
            f"{'folds' if roles.group is None else 'group'}: {_count(fewest, what)} cannot fill {n_folds} folds; "
            f"{use or 'two are needed at least'}"
        )
    name = roles.subsets[code]
    raise SoakError(
        f"subset: {name!s} has {_count(fewest, what)}, fewer than "
        f"the {n_folds} folds; {use + ', or ' if use else ''}leave the rows of {name!s} out of the table"
    )


def _count(n: int, what: str) -> str:
    return f"{n} {what}" if n == 1 else f"{n} {what}s"


def check_train_rows(table: dict[str, Sequence[Any]]) -> None:
    """Whether each train set has rows; ``table`` is that of the instance, column by column."""
    for position, n_train in enumerate(table["n_train"]):
        if n_train == 0:
            told = {name: table[name][position] for name in table}
            place = f"test subset {told['test_subset']}, train subsets {told['train_subsets']}"
            if told["n_train_groups"] < told["groups"]:
                raise SoakError(
                    f"train set {told['train_set']}: no rows to train on ({place}, test fold {told['test_fold']}, "
                    f"n_train_groups {told['n_train_groups']}); use a larger ratio, or fewer sizes"
                )
            leave = f", or leave the rows of {told['test_subset']} out of the table"
            raise SoakError(
                f"train set {told['train_set']}: no rows to train on ({place}): all of them are in test fold "
                f"{told['test_fold']}; spread them over two folds with another group, stratum, fold column or "
                f"seed.resampling{leave if told['train_subsets'] == 'same' else ''}"
            )


def check_inner_folds(instance: "Instance", folds: Mapping[str, int]) -> None:
    """Whether each train set has a row for each inner fold of the learners that have such folds.

    Parameters
    ----------
    instance : Instance
    folds : mapping of a learner's name to its number of inner folds

    Raises
    ------
    SoakError
        Naming the smallest train set, and the learner.
    """
    table = instance.table
    smallest = table.iloc[int(table["n_train"].argmin())]
    for learner, number in folds.items():
        if smallest["n_train"] < number:
            raise SoakError(
                f"train set {smallest['train_set']}: {_count(smallest['n_train'], 'row')} (test subset "
                f"{smallest['test_subset']}, train subsets {smallest['train_subsets']}, test fold "
                f"{smallest['test_fold']}), fewer than the {number} inner folds of {learner}; lower "
                f"learners.{learner}.folds, or leave the subset or the learner out"
            )


def check_train_classes(
    instance: "Instance", target: NDArray[Any], classes: Sequence[str], learners: Iterable[str]
) -> None:
    """Whether each train set has at least two classes.

    Parameters
    ----------
    instance : Instance
    target : array of int, shape (n_rows,)
        Class of each row, as codes into ``classes``.
    classes : sequence of str
    learners : iterable of str
        Names of the learners that cannot train on one class alone (all but featureless ones). Without any,
        nothing is checked.

    Raises
    ------
    SoakError
        Naming the first split whose train set has one class only, the class, and the learner.
    """
    names = list(learners)
    if not names:
        return
    present = instance.cells.class_presence(target, len(classes))
    for split, train_set in zip(instance.splits, instance.train_sets, strict=True):
        if split.rows is None:
            mask = instance.cells.train(split.train_subsets, split.test_subset, split.test_fold)
            found = np.flatnonzero(present[mask].any(axis=0))
        else:
            found = np.unique(target[split.rows])
        if len(found) == 1:
            raise SoakError(
                f"train set {train_set}: class {classes[found[0]]} only (test subset "
                f"{instance.roles.subsets[split.test_subset]}, train subsets {split.train_subsets}, test fold "
                f"{split.test_fold}), and learner {names[0]} needs two; make the target a stratum, use fewer folds, "
                f"or leave the subset or the learner out"
            )
