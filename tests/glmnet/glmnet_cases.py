"""Tables that the tests of glmnet share."""

import numpy as np

from soak.tasks.task import Task


def make_task(n=90, n_classes=3, n_features=5, seed=0):
    """Noisy classes, or numbers with n_classes=0."""
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(n, n_features))
    if n_classes == 0:
        target = features[:, 0] * 3 - features[:, 1] + rng.normal(size=n)
    else:
        codes = np.arange(n_classes)
        target = np.abs(codes - (features[:, :1] * 1.5 + rng.normal(size=(n, 1)) + 1)).argmin(axis=1).astype(np.int32)
    names = tuple(f"x{column}" for column in range(n_features))
    labels = tuple(f"c{code}" for code in range(n_classes))
    kind = "classification" if n_classes else "regression"
    return Task("made", kind, features, names, 1.0, target, labels, np.repeat("A", n), {})
