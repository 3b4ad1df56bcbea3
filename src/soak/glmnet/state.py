"""What a path is between two penalties, what is worked with, and what is fitted; all of it is filled and read by compiled loops."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from soak.glmnet.columns import Columns, aligned
from soak.glmnet.path import Floats

Integers = NDArray[np.int64]


class State(NamedTuple):
    """A path between two penalties; K classes.

    Attributes
    ----------
    b, b0 : arrays of shape (K, p) and (K,)
        Coefficients of the standardized features, and intercepts.
    q, total : arrays of shape (K, stride) and (stride,)
    r : array of shape (K, stride)
        Residuals, as they were left.
    key : array of shape (K, p)
        Bounds of the gradients at the anchor, between two fits of a class.
    reach, inverse_reach : arrays of shape (K, p)
    anchor, u, inverse_u : arrays of shape (K, stride)
    strong, ever : bool arrays of shape (p,)
        Features that the strong rule has let in; features that have ever had a coefficient.
    order : int array of shape (p,)
        The latter, in the order in which they got it.
    largest : array of shape (p,)
        The largest gradient over the classes of features that are not strong, or a bound of it that decides as it does.
    s, gradient, error : arrays of shape (2, K, stride), (2, K, p), (2, K, 3)
        Residuals of the last two penalties, their gradients, and what these may be off by: the lengths that norm, gap and
        the rounding of a column are multiplied by.
    counts : int array
        Features in `order`, passes, which of the two residuals s is newer, how many there are, penalties.
    """

    b: Floats
    b0: Floats
    q: Floats
    total: Floats
    r: Floats
    key: Floats
    anchor: Floats
    u: Floats
    inverse_u: Floats
    reach: Floats
    inverse_reach: Floats
    strong: NDArray[np.bool_]
    ever: NDArray[np.bool_]
    order: Integers
    largest: Floats
    s: Floats
    gradient: Floats
    error: Floats
    counts: Integers


class Room(NamedTuple):
    """Arrays to work in.

    Attributes
    ----------
    looked_up : array of shape (2, stride)
        z of the last two features that were looked up.
    v, eta, e, bits : arrays of shape (stride,)
        Weights of the class's approximation; linear predictors; their exponentials; powers of two.
    q : int16 array of shape (K, n + padding)
        The residuals as integers.
    curvature : array of shape (p,)
        h_k, of features that have moved.
    before, touched : arrays of shape (p,)
        Coefficients before the fit, of the features that have moved in it.
    screened : int array of shape (p,)
        The screening in which a feature was looked at last.
    chosen, factors : arrays of shape (p,) and (p,)
        A list of features and numbers.
    slack, near : arrays of shape (p,)
        How long the way from the anchor may be before a feature of the class has to be looked at, and how far from it the
        residual may be; minus infinity if the feature has a coefficient.
    related : array of shape (K, 3)
        Scalar products of the residuals s0 and s1: s0 s0, s0 s1, s1 s1.
    scale, total : arrays of shape (K,)
        Of the integers of each class: what they are multiplied by, and their sums.
    products, of_classes, ordered : arrays
    strong, weighed : arrays of shape (p,) and (p,)
        Features that are visited; those of the penalty before.
    """

    looked_up: Floats
    v: Floats
    eta: Floats
    e: Floats
    bits: Integers
    q: NDArray[np.int16]
    curvature: Floats
    before: Floats
    touched: NDArray[np.bool_]
    screened: Integers
    chosen: Integers
    factors: Floats
    slack: Floats
    near: Floats
    related: Floats
    scale: Floats
    total: Floats
    products: Floats
    of_classes: Floats
    strong: Integers
    weighed: NDArray[np.bool_]
    ordered: Floats


class Penalty(NamedTuple):
    """A penalty, and when its fit is good enough.

    Attributes
    ----------
    l1, l2, alpha : float
        lambda alpha and lambda (1 - alpha).
    tolerance : float
        A change of the loss that counts as none: thresh times the null deviance.
    maxit : int
        Passes, all penalties of the path together.
    bounded : bool
        type_logistic: modified.Newton, whose curvatures are those of v_i = w_i / 4, and given.
    next_rule : float
        Above which a gradient lets a feature in at the next penalty (the strong rule). If it hangs on the
        largest gradient, as for the first two penalties, minus its share of that.
    """

    l1: float
    l2: float
    alpha: float
    tolerance: float
    maxit: int
    bounded: bool
    next_rule: float


def new_state(t: Columns, n_classes: int) -> State:
    p, stride = len(t.norm), t.z.shape[1]
    return State(
        b=np.zeros((n_classes, p)), b0=np.zeros(n_classes), q=aligned(n_classes, stride), total=aligned(stride),
        r=aligned(n_classes, stride), key=np.full((n_classes, p), np.inf), anchor=aligned(n_classes, stride), u=aligned(n_classes, stride), inverse_u=aligned(n_classes, stride),
        reach=np.full((n_classes, p), np.inf), inverse_reach=np.zeros((n_classes, p)),
        strong=np.zeros(p, np.bool_), ever=np.zeros(p, np.bool_), order=np.zeros(p, np.uint32), largest=np.zeros(p),
        s=aligned(2, n_classes, stride), gradient=np.zeros((2, n_classes, p)), error=np.zeros((2, n_classes, 2)),
        counts=np.zeros(5, np.int64),
    )  # fmt: skip


def new_room(t: Columns, n_classes: int) -> Room:
    p, stride = len(t.norm), t.z.shape[1]
    return Room(
        looked_up=aligned(2, stride), v=aligned(stride), eta=aligned(stride), e=aligned(stride), bits=np.zeros(stride, np.int64),
        q=np.zeros((n_classes, t.planes.shape[1]), np.int16), curvature=np.zeros(p), before=np.zeros(p),
        touched=np.zeros(p, np.bool_), screened=np.zeros(p, np.int64), chosen=np.zeros(p, np.uint32),
        factors=np.zeros(p), slack=np.zeros(p), near=np.zeros(p), related=np.zeros((n_classes, 3)),
        scale=np.ones(n_classes), total=np.zeros(n_classes), products=np.zeros((n_classes, len(t.planes))),
        of_classes=np.zeros(n_classes), strong=np.zeros(p, np.uint32),
        weighed=np.zeros(p, np.bool_), ordered=np.zeros(n_classes),
    )  # fmt: skip
