"""SOAK: Same/Other/All K-fold cross-validation, as a cross-validator with scikit-learn's interface."""

import inspect
import numbers
import warnings
from collections.abc import Iterator
from copy import deepcopy
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from soak.errors import SoakError
from soak.names import listed, nearest_name
from soak.resampling.cells import CellMask, Cells
from soak.resampling.folds import ALGORITHMS, assign_folds
from soak.resampling.names import name_train_sets, subset_labels
from soak.resampling.roles import Roles, read_roles
from soak.resampling.splits import TRAIN_SUBSETS, Split, count_groups_per_subset, make_splits
from soak.rrandom import RRandom

_METADATA = ("groups", "subset", "stratum", "fold")


class SameOtherSizesCV:
    """Same/Other/All K-fold cross-validator.

    Provides train and test rows that answer one question about data whose rows belong to subsets (regions, years,
    people, image collections): are the subsets similar enough to train on one and predict on another, or to train on
    all of them together?

    The rows are divided into K folds. Each fold of each subset is a test set once for each of three kinds of train
    sets, none of which holds rows of that fold: rows of the *same* subset, of all *other* subsets, and of *all* subsets.

    Folds and splits are those of the R package mlr3resampling for the same seed, to the row.

    Parameters
    ----------
    folds : int, default=3
        Number of folds, K. At least 2.
    seeds : int, default=1
        How often down-sampled train sets are drawn. Without down-sampling (``sizes=-1``) each further seed repeats
        the same splits.
    sizes : int, default=-1
        Sizes of the train sets, in groups:

        - -1: full size only;
        - 0: also the smallest full size among the train sets of the same test subset, so that same, other and all can
          be compared at equal size;
        - n > 0: also n sizes below that one.
    ratio : float, default=0.5
        From one size to the next smaller, from 0 to 1. Used if ``sizes`` is positive.
    subsets : str, default="SOA"
        Kinds of train sets: any of the letters S (same), O (other), A (all). With only one subset in the data there
        is only "same".
    ignore_subset : bool, default=False
        Treat all rows as one subset, named "full".
    group_stratum_algo : {"RSS", "Wasikowski", "WasikowskiLimitedMemory"}, default="RSS"
        How groups are distributed over the folds with the strata kept proportional, see
        `soak.resampling.folds.assign_folds`.
    random_state : int, default=1
        Seed of R's generator, as in ``set.seed`` right before ``instantiate`` in R: from -(2**31) + 1 to 2**31 - 1.

    See Also
    --------
    sklearn.model_selection.StratifiedGroupKFold : Folds with groups and strata, without subsets.
    sklearn.model_selection.LeaveOneGroupOut : Each subset tested with models of all others, at full size.

    Notes
    -----
    - All subsets are divided into folds together, by group: rows of one group are never both in a train set and in its
      test set, not even if they belong to different subsets.
    - Same, other and all are tested on the same rows, so that their errors can be compared pair by pair.
    - Splits share train sets: with S subsets there are 3 S K splits, but only (2 S + 1) K distinct train sets (with two
      subsets, 3 K). The column ``train_set`` of ``Instance.table`` names them, so that each is trained on only once.
    - At full size, *same*, *other* and *all* differ both in number of rows and in pattern; at equal size
      (``sizes=0`` or more) only in pattern.
    - The order of splits is R's: kind of train set (all, other, same), test fold, test subset, seed, size.

    `split` needs the subset of each row, which scikit-learn's functions do not pass. Give them an instance,
    ``cross_val_score(model, X, y, cv=cv.instantiate(subset))``, or use metadata routing:
    ``cross_val_score(model, X, y, cv=cv, params={"subset": subset})`` after
    ``sklearn.set_config(enable_metadata_routing=True)``; ``groups``, ``subset``, ``stratum`` and ``fold`` are
    requested by default.

    References
    ----------
    T. D. Hocking et al., "SOAK: Same/Other/All K-fold cross-validation for estimating similarity of patterns in data
    subsets", Statistical Analysis and Data Mining, doi 10.1002/sam.70055, arXiv 2410.08643.
    R package mlr3resampling 2026.6.12, ``ResamplingSameOtherSizesCV``.

    Examples
    --------
    >>> from soak import SameOtherSizesCV
    >>> cv = SameOtherSizesCV(folds=2)
    >>> cv
    SameOtherSizesCV(folds=2, seeds=1, sizes=-1, ratio=0.5, subsets='SOA', ignore_subset=False, group_stratum_algo='RSS', random_state=1)
    >>> instance = cv.instantiate(["A", "A", "B", "B", "B", "B"])
    >>> instance.folds
    array([1, 2, 1, 2, 2, 1], dtype=int32)
    >>> instance.table[["test_subset", "train_subsets", "test_fold", "n_train", "n_test", "train_set"]].head(5)
      test_subset train_subsets  test_fold  n_train  n_test  train_set
    0           A           all          1        3       1  all.fold1
    1           B           all          1        3       2  all.fold1
    2           A           all          2        3       1  all.fold2
    3           B           all          2        3       2  all.fold2
    4           A         other          1        2       1    B.fold1
    >>> instance.train(5), instance.test(5)
    (array([3, 4]), array([0]))

    In scikit-learn's functions:

    >>> import numpy as np
    >>> from sklearn.dummy import DummyClassifier
    >>> from sklearn.model_selection import cross_val_score
    >>> X, y = np.zeros((6, 1)), np.array([0, 1, 0, 0, 1, 0])
    >>> len(cross_val_score(DummyClassifier(), X, y, cv=instance))
    12
    """

    def __init__(
        self,
        folds: int = 3,
        seeds: int = 1,
        sizes: int = -1,
        ratio: float = 0.5,
        subsets: str = "SOA",
        ignore_subset: bool = False,
        group_stratum_algo: str = "RSS",
        random_state: int = 1,
    ) -> None:
        self.folds = folds
        self.seeds = seeds
        self.sizes = sizes
        self.ratio = ratio
        self.subsets = subsets
        self.ignore_subset = ignore_subset
        self.group_stratum_algo = group_stratum_algo
        self.random_state = random_state

    def instantiate(self, subset: Any, group: Any = None, stratum: Any = None, fold: Any = None) -> "Instance":
        """Make the folds and splits of one table.

        Parameters
        ----------
        subset : array-like of shape (n_rows,)
            Subset of each row, values that can be sorted. None only with ``ignore_subset``.
        group : array-like of shape (n_rows,), default=None
            Rows of the same group are in the same fold. By default each row is a group.
        stratum : array-like of shape (n_rows,), or a list, mapping or data frame of such, default=None
            Combinations of these values are kept proportional over the folds and in down-sampled train sets.
        fold : array-like of shape (n_rows,), default=None
            Folds to use instead of drawn ones. As in R, the sizes of train sets (columns groups, n_train_groups) are
            computed with the parameter ``folds`` all the same.

        Returns
        -------
        Instance
            Folds, and train and test rows of each split.

        Raises
        ------
        SoakError
            If a parameter or a column cannot be used; the message names it, and the row (0-based) if there is one.

        Warns
        -----
        UserWarning
            If a subset has fewer groups than there are folds: as in R, it has splits in the folds with rows of it.
        """
        self._check_parameters()
        roles = read_roles(subset, group, stratum, fold, ignore_subset=self.ignore_subset)
        if problem := few_groups(roles, int(self.folds)):
            warnings.warn(problem, stacklevel=2)
        return self.instantiate_roles(roles)

    def instantiate_roles(self, roles: Roles) -> "Instance":
        """The same for columns that are codes already."""
        train_subsets = self._check_parameters()
        random = RRandom(int(self.random_state))
        folds = self._folds(roles, random)
        cells = Cells(roles.subset, folds, len(roles.subsets))
        splits = make_splits(
            cells,
            roles.group,
            roles.stratum,
            int(self.folds),
            train_subsets if len(roles.subsets) > 1 else ["same"],
            random,
            seeds=int(self.seeds),
            sizes=int(self.sizes),
            ratio=float(self.ratio),
        )
        return Instance(roles, folds, cells, splits)

    def _folds(self, roles: Roles, random: RRandom) -> NDArray[np.int32]:
        if roles.fold is not None:
            return roles.fold
        order = random.permutation(len(roles))
        return assign_folds(roles.group, roles.stratum, order, int(self.folds), self.group_stratum_algo)

    def split(
        self,
        X: Any,
        y: Any = None,
        groups: Any = None,
        *,
        subset: Any = None,
        stratum: Any = None,
        fold: Any = None,
    ) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """Train and test rows of each split, in R's order of iterations.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features)
            Only its number of rows is used.
        y : object
            Not used; for compatibility.
        groups, subset, stratum, fold : array-like of shape (n_rows,)
            As ``group``, ``subset``, ``stratum`` and ``fold`` of `instantiate`.

        Yields
        ------
        train, test : arrays of int64
            Row numbers from 0, ascending.
        """
        yield from self._instance(X, groups, subset, stratum, fold).split(X)

    def get_n_splits(
        self,
        X: Any = None,
        y: Any = None,
        groups: Any = None,
        *,
        subset: Any = None,
        stratum: Any = None,
        fold: Any = None,
    ) -> int:
        """Number of splits. It depends on the subsets, so that the parameters are those of `split`."""
        return len(self._instance(X, groups, subset, stratum, fold))

    def _instance(self, X: Any, groups: Any, subset: Any, stratum: Any, fold: Any) -> "Instance":
        if subset is None and self.ignore_subset and X is not None:
            subset = np.zeros(_n_rows(X), dtype=np.int8)
        if subset is None:
            raise SoakError(
                "subset: expected one value per row, got None; in scikit-learn's functions use "
                "cv=cv.instantiate(subset), or params={'subset': subset} with "
                "sklearn.set_config(enable_metadata_routing=True)"
            )
        instance = self.instantiate(subset, groups, stratum, fold)
        _check_length(X, len(instance.folds))
        return instance

    def _check_parameters(self) -> list[str]:
        """Check all parameters; the kinds of train sets: "same", "other", "all"."""
        _check_integer("folds", self.folds, 2, "an integer of at least 2")
        _check_integer("seeds", self.seeds, 1, "an integer of at least 1")
        _check_integer("sizes", self.sizes, -1, "-1 (full size only), 0 (also the smallest full size), 1, 2, …")
        if not _is_number(self.ratio, numbers.Real) or not 0 <= self.ratio <= 1:
            raise SoakError(f"ratio: expected a number from 0 to 1, got {self.ratio!r}")
        if self.group_stratum_algo not in ALGORITHMS:
            nearest = nearest_name(str(self.group_stratum_algo), ALGORITHMS)
            hint = f"; did you mean {nearest!r}?" if nearest else ""
            raise SoakError(
                f"group_stratum_algo: expected one of {', '.join(ALGORITHMS)}, got {self.group_stratum_algo!r}{hint}"
            )
        seeds = f"an integer from {-(2**31) + 1} to {2**31 - 1}"
        _check_integer("random_state", self.random_state, -(2**31) + 1, seeds, most=2**31 - 1)
        letters = self.subsets.upper() if isinstance(self.subsets, str) else ""
        if not letters or set(letters) - set(TRAIN_SUBSETS) or len(set(letters)) < len(letters):
            raise SoakError(
                f"subsets: expected letters S (same), O (other), A (all), each at most once, got {self.subsets!r}"
            )
        return [TRAIN_SUBSETS[letter] for letter in letters]

    # The parts of scikit-learn's interface that BaseEstimator gives others: its import takes a second

    def __repr__(self) -> str:
        parameters = ", ".join(f"{name}={value!r}" for name, value in self.get_params().items())
        return f"{type(self).__name__}({parameters})"

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Parameters by name."""
        names = list(inspect.signature(type(self)).parameters)
        return {name: getattr(self, name) for name in names}

    def set_params(self, **params: Any) -> "SameOtherSizesCV":
        """Set parameters by name; they are checked when they are used."""
        names = list(self.get_params())
        for name, value in params.items():
            if name not in names:
                raise SoakError(f"{name}: expected a parameter of SameOtherSizesCV: {', '.join(names)}")
            setattr(self, name, value)
        return self

    def __sklearn_clone__(self) -> "SameOtherSizesCV":
        """A copy, with the requests of `set_split_request`."""
        return deepcopy(self)

    def set_split_request(self, **requests: bool | str | None) -> "SameOtherSizesCV":
        """Choose which metadata scikit-learn routes to `split`, and under which name.

        Parameters
        ----------
        groups, subset, stratum, fold : bool, str or None
            True: pass it. A text: pass the metadata of this name. False: do not pass it. None: an error if it is given.
        """
        request = self.get_metadata_routing()
        for name, value in requests.items():
            if name not in _METADATA:
                raise SoakError(f"{name}: expected metadata of split: {', '.join(_METADATA)}")
            request.split.add_request(param=name, alias=value)
        self._request = request
        return self

    def get_metadata_routing(self) -> Any:
        """The metadata that scikit-learn routes to `split`, a ``MetadataRequest``."""
        if hasattr(self, "_request"):
            return deepcopy(self._request)
        from sklearn.utils.metadata_routing import MetadataRequest

        request = MetadataRequest(owner=self)
        for name in _METADATA:
            request.split.add_request(param=name, alias=True)
        return request


class Instance:
    """Folds and splits of one table, made by `SameOtherSizesCV.instantiate`.

    It is itself a cross-validator for this table: ``cross_val_score(model, X, y, cv=instance)`` works without metadata
    routing.

    Attributes
    ----------
    folds : array of int32, shape (n_rows,)
        Fold of each row, from 1 (given folds keep their numbers).
    table : DataFrame
        One line per split: iteration (from 1), test_subset, train_subsets ("same", "other", "all"), test_fold, seed,
        groups (of the full train set), n_train_groups (of this one), n_train, n_test (rows), train_set (its name,
        the same for the same rows).
    roles : Roles
        The columns, as codes.
    cells : Cells
        Rows by fold and subset.
    splits : list of Split
        In the order of iterations.
    train_sets : list of str
        Name of each split's train set, see `soak.resampling.names`. A train set may have no rows, as in R.
    """

    def __init__(self, roles: Roles, folds: NDArray[np.int32], cells: Cells, splits: list[Split]) -> None:
        self.roles = roles
        self.folds = folds
        self.cells = cells
        self.splits = splits
        self.train_sets = name_train_sets(subset_labels(roles.subsets), splits, cells)

    def __len__(self) -> int:
        """Number of splits."""
        return len(self.splits)

    def __repr__(self) -> str:
        return (
            f"<Instance of {len(self.folds)} rows: {len(self.roles.subsets)} subsets, {len(self.cells.folds)} folds, "
            f"{len(self)} splits, {len(set(self.train_sets))} train sets>"
        )

    @cached_property
    def table(self) -> pd.DataFrame:
        splits = self.splits
        return pd.DataFrame(
            {
                "iteration": range(1, len(splits) + 1),
                "test_subset": [self.roles.subsets[split.test_subset] for split in splits],
                "train_subsets": [split.train_subsets for split in splits],
                "test_fold": [split.test_fold for split in splits],
                "seed": [split.seed for split in splits],
                "groups": [split.groups for split in splits],
                "n_train_groups": [split.n_train_groups for split in splits],
                "n_train": [self._n_train(split) for split in splits],
                "n_test": [self.cells.count(self._test_cells(split)) for split in splits],
                "train_set": self.train_sets,
            }
        )

    def train(self, iteration: int) -> NDArray[np.int64]:
        """Train rows of a split, ascending from 0; ``iteration`` counts from 1."""
        return self.train_rows(self._split(iteration))

    def test(self, iteration: int) -> NDArray[np.int64]:
        """Test rows of a split, ascending from 0; ``iteration`` counts from 1."""
        return self.test_rows(self._split(iteration))

    def train_rows(self, split: Split) -> NDArray[np.int64]:
        """Train rows of a split, ascending from 0."""
        return self.cells.rows(self._train_cells(split)) if split.rows is None else split.rows

    def test_rows(self, split: Split) -> NDArray[np.int64]:
        """Test rows of a split, ascending from 0."""
        return self.cells.rows(self._test_cells(split))

    def split(
        self, X: Any = None, y: Any = None, groups: Any = None
    ) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """Train and test rows of each split, in order.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features), default=None
            Only its number of rows is checked.
        y, groups : object
            Not used; for compatibility.

        Raises
        ------
        SoakError
            If a train set has no rows: scikit-learn cannot fit on it.
        """
        _check_length(X, len(self.folds))
        for split, train_set in zip(self.splits, self.train_sets, strict=True):
            if self._n_train(split) == 0:
                raise SoakError(_no_train_rows(split, train_set, self.roles.subsets[split.test_subset]))
        for split in self.splits:
            yield self.train_rows(split), self.test_rows(split)

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Number of splits."""
        return len(self)

    def _split(self, iteration: int) -> Split:
        if not 1 <= iteration <= len(self):
            raise SoakError(f"iteration: expected a number from 1 to {len(self)}, got {iteration}")
        return self.splits[iteration - 1]

    def _train_cells(self, split: Split) -> CellMask:
        return self.cells.train(split.train_subsets, split.test_subset, split.test_fold)

    def _test_cells(self, split: Split) -> CellMask:
        return self.cells.test(split.test_subset, split.test_fold)

    def _n_train(self, split: Split) -> int:
        return self.cells.count(self._train_cells(split)) if split.rows is None else len(split.rows)


# Checks


def _check_integer(name: str, value: Any, least: int, expected: str, most: float = np.inf) -> None:
    if not _is_number(value, numbers.Integral) or not least <= value <= most:
        raise SoakError(f"{name}: expected {expected}, got {value!r}")


def _is_number(value: Any, kind: type) -> bool:
    return isinstance(value, kind) and not isinstance(value, bool | np.bool_)


def few_groups(roles: Roles, n_folds: int) -> str:
    """What is wrong if a subset has fewer groups than there are folds to be drawn; "" if none has."""
    per_subset = count_groups_per_subset(roles.subset, roles.group, len(roles.subsets))
    smallest = int(per_subset.argmin())
    n_groups = int(per_subset[smallest])
    if roles.fold is not None or n_groups >= n_folds:
        return ""
    unit = "row" if roles.group is None else "group"
    counted = f"{n_groups} {unit}" if n_groups == 1 else f"{n_groups} {unit}s"
    if len(roles.subsets) == 1:
        remedy = f"use at most {n_groups} folds" if n_groups > 1 else "at least 2 are needed"
        return f"{'folds' if roles.group is None else 'group'}: {counted} cannot fill {n_folds} folds; {remedy}"
    if per_subset.max() == 1:
        names = listed([str(name) for name in roles.subsets])
        return (
            f"subset: each of the {len(per_subset)} subsets ({names}) has {counted}, fewer than the {n_folds} folds; name "
            f"a column that is the same in many {unit}s"
        )
    name = roles.subsets[smallest]
    remedy = f"use at most {n_groups} folds, or " if n_groups > 1 else ""
    return (
        f"subset: {name!s} has {counted}, fewer than the {n_folds} folds; {remedy}leave the rows of {name!s} out of "
        "the table"
    )


def _no_train_rows(split: Split, train_set: str, test_subset: Any) -> str:
    """The message for an empty train set."""
    place = f"test subset {test_subset}, train subsets {split.train_subsets}"
    if split.n_train_groups < split.groups:
        return (
            f"train set {train_set}: no rows to train on ({place}, test fold {split.test_fold}, "
            f"n_train_groups {split.n_train_groups}); use a larger ratio, or fewer sizes"
        )
    drop = f", or leave the rows of {test_subset} out of the table" if split.train_subsets == "same" else ""
    return (
        f"train set {train_set}: no rows to train on ({place}): all of them are in test fold {split.test_fold}; "
        f"spread them over two folds with another group, stratum, fold column or seed.resampling{drop}"
    )


def _check_length(X: Any, n_rows: int) -> None:
    """Raise if a feature matrix has not as many rows as the subset has values."""
    n = n_rows if X is None else _n_rows(X)
    if n != n_rows:
        raise SoakError(f"subset: expected one value for each of the {n} rows of X, got {n_rows} values")


def _n_rows(X: Any) -> int:
    return int(X.shape[0]) if hasattr(X, "shape") else len(X)
