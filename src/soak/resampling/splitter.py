"""SOAK: Same/Other/All K-fold cross-validation, as a cross-validator."""

import inspect
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import numpy as np
from numpy.typing import NDArray

from soak.errors import SoakError
from soak.resampling.cells import Cells
from soak.resampling.checks import check_enough_groups, check_settings
from soak.resampling.folds import assign_folds
from soak.resampling.instance import Instance, check_length
from soak.resampling.roles import Roles, read_roles
from soak.resampling.splits import make_splits
from soak.rrandom import RRandom

_METADATA = ("groups", "subset", "stratum", "fold")


class SameOtherSizesCV:
    """Same/Other/All K-fold cross-validator.

    Each fold of each subset is a test set, for models that were trained on the other folds of the same subset, of
    the other subsets, and of all: are the subsets similar enough to train on one and predict on another?
    Folds and splits are those of R's mlr3resampling for the same seed.

    Parameters
    ----------
    folds : int, default=3
        Number of folds, at least 2.
    seeds : int, default=1
        How often down-sampled train sets are drawn.
    sizes : int, default=-1
        -1: train sets at their full size only. 0: also at the smallest size of the test subset's train sets.
        n: also n sizes below that.
    ratio : float, default=0.5
        From one size to the next smaller, where ``sizes`` is positive.
    subsets : str, default="SOA"
        Which train subsets: any of the letters S (same), O (other), A (all). With one subset there is only "same".
    ignore_subset : bool, default=False
        Treat all rows as one subset, "full".
    group_stratum_algo : {"RSS", "Wasikowski", "WasikowskiLimitedMemory"}, default="RSS"
        How groups are spread over the folds with the strata kept proportional.
    random_state : int, default=1
        As in R's ``set.seed`` right before ``instantiate``.

    Notes
    -----
    `split` needs the subset of each row. In scikit-learn's functions there are two ways to give it: an instance,
    ``cross_val_score(model, X, y, cv=cv.instantiate(subset))``, or metadata routing,
    ``cross_val_score(model, X, y, cv=cv, params={"subset": subset})`` after
    ``sklearn.set_config(enable_metadata_routing=True)``; `groups`, `subset`, `stratum` and `fold` are requested by
    default.

    References
    ----------
    Hocking, T.D. et al. "SOAK: Same/Other/All K-fold cross-validation for estimating similarity of patterns in data
    subsets", arXiv 2410.08643; R package mlr3resampling, ``ResamplingSameOtherSizesCV``.

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

    def instantiate(self, subset: Any, group: Any = None, stratum: Any = None, fold: Any = None) -> Instance:
        """Make the folds and splits of one table.

        Parameters
        ----------
        subset : array-like of shape (n_rows,)
            Values that can be sorted; None only with ``ignore_subset``.
        group : array-like of shape (n_rows,), optional
            Rows of the same group are in the same fold.
        stratum : array-like of shape (n_rows,), or a list or data frame of such, optional
            Combinations of these values are kept proportional over the folds.
        fold : array-like of shape (n_rows,), optional
            Given folds: none are drawn then. As in R, the sizes of train sets (groups, n_train_groups) are computed
            with the parameter ``folds`` all the same.

        Returns
        -------
        Instance

        Raises
        ------
        SoakError
            Naming what cannot be used, with parameter or column and row.
        """
        train_subsets = check_settings(
            self.folds, self.seeds, self.sizes, self.ratio, self.subsets, self.group_stratum_algo, self.random_state
        )
        roles = read_roles(subset, group, stratum, fold, ignore_subset=self.ignore_subset)
        random = RRandom(int(self.random_state))
        folds = self._folds(roles, random)
        cells = Cells(roles.subset, folds, len(roles.subsets))
        if len(roles.subsets) == 1:
            train_subsets = ["same"]
        splits = make_splits(
            cells,
            roles.group,
            roles.stratum,
            int(self.folds),
            train_subsets,
            random,
            seeds=int(self.seeds),
            sizes=int(self.sizes),
            ratio=float(self.ratio),
        )
        return Instance(roles, folds, cells, splits)

    def _folds(self, roles: Roles, random: RRandom) -> NDArray[np.int32]:
        if roles.fold is not None:
            return roles.fold
        n_folds = int(self.folds)
        check_enough_groups(roles, n_folds)
        order = random.permutation(len(roles))
        return assign_folds(roles.group, roles.stratum, order, n_folds, self.group_stratum_algo)

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
            Only its number of rows is used; ``y`` is not used at all.
        groups, subset, stratum, fold
            As ``group``, ``subset``, ``stratum`` and ``fold`` in `instantiate`.
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
        """Number of splits; it depends on the subsets, so that the arguments are those of `split`."""
        return len(self._instance(X, groups, subset, stratum, fold))

    def _instance(self, X: Any, groups: Any, subset: Any, stratum: Any, fold: Any) -> Instance:
        if subset is None and self.ignore_subset and X is not None:
            subset = np.zeros(X.shape[0] if hasattr(X, "shape") else len(X), dtype=np.int8)
        if subset is None:
            raise SoakError(
                "subset: is needed to split; in scikit-learn's functions give cv=cv.instantiate(subset), or, with "
                "sklearn.set_config(enable_metadata_routing=True), params={'subset': subset}"
            )
        instance = self.instantiate(subset, groups, stratum, fold)
        check_length(X, len(instance.folds))
        return instance

    def __repr__(self) -> str:
        told = ", ".join(f"{name}={value!r}" for name, value in self.get_params().items())
        return f"{type(self).__name__}({told})"

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Parameters by name, as scikit-learn's ``clone`` asks for them."""
        names = list(inspect.signature(type(self)).parameters)
        return {name: getattr(self, name) for name in names}

    def set_params(self, **params: Any) -> "SameOtherSizesCV":
        """Set parameters by name."""
        known = self.get_params()
        for name, value in params.items():
            if name not in known:
                raise SoakError(f"{name}: is no parameter of SameOtherSizesCV; allowed: {', '.join(known)}")
            setattr(self, name, value)
        return self

    def set_split_request(self, **requests: bool | str | None) -> "SameOtherSizesCV":
        """Say which metadata scikit-learn routes to `split`, and under which name.

        Parameters
        ----------
        groups, subset, stratum, fold : bool, str or None
            True: pass it on. A text: pass on what has this name. False: do not. None: an error if it is given.
        """
        request = self.get_metadata_routing()
        for name, value in requests.items():
            if name not in _METADATA:
                raise SoakError(f"{name}: is no metadata of split; allowed: {', '.join(_METADATA)}")
            request.split.add_request(param=name, alias=value)
        self._metadata_request = request
        return self

    def get_metadata_routing(self) -> Any:
        """What scikit-learn's metadata routing asks for: which metadata `split` takes."""
        if hasattr(self, "_metadata_request"):
            return deepcopy(self._metadata_request)
        from sklearn.utils.metadata_routing import MetadataRequest  # imported only where it is used: it takes 1 s

        request = MetadataRequest(owner=self)
        for name in _METADATA:
            request.split.add_request(param=name, alias=True)
        return request
