"""Paths of several classes: the way down the penalties, which `soak.glmnet.descent` fits one after the other."""

import contextlib
import functools
import math
import os
import pathlib
from typing import Any

import llvmlite.binding
import numba
import numpy as np
from filelock import FileLock
from numpy.typing import NDArray

from soak.errors import FitFailed
from soak.glmnet import descent, loops
from soak.glmnet.columns import Columns, Stored, columns_of
from soak.glmnet.loops import PMIN
from soak.glmnet.path import Floats, GlmnetPath, PathSettings, check_response, finite_first_lambda
from soak.glmnet.solver import CONTROL, fatal_error, not_converged
from soak.glmnet.state import Penalty, State, new_room, new_state


@functools.cache
def compile_once() -> None:
    """Compile the solver, which takes a quarter of a minute, in the first process that needs it; others wait and read the code.

    A file beside the code says that it is whole. Where no code can be kept each process compiles what it calls.
    """
    folder = pathlib.Path(loops.CODE)  # numba has made it, if it can be written
    config: Any = numba.config
    is_whole = folder / f"whole-{config.CPU_NAME or llvmlite.binding.get_host_cpu_name()}"
    if is_whole.exists() or not os.access(folder, os.W_OK):
        return
    # not all file systems have locks
    with contextlib.suppress(OSError, NotImplementedError), FileLock(folder / "lock"):
        if not is_whole.exists():
            print("Compiling the solver of cv_glmnet for this processor: a quarter of a minute, once", flush=True)
            _fit_small_tables()
            is_whole.touch()


def _fit_small_tables() -> None:
    """Paths on bytes and on numbers, with penalties of their own and with given ones: they call all compiled functions."""
    features, response = np.arange(12, dtype=np.uint8).reshape(6, 2) ** 2 % 7, np.eye(3)[[0, 1, 2, 0, 1, 2]]
    for stored, lambdas in (
        (Stored.of_bytes(features, 1.0), ()),
        (Stored.of_numbers(features.astype(np.float64)), (0.1, 0.05)),
    ):
        fit_rows(PathSettings(lambdas=lambdas), stored, np.arange(6), response, None)


def fit_rows(
    settings: PathSettings, stored: Stored, rows: NDArray[np.intp], response: Floats, weights: Floats | None
) -> GlmnetPath:
    """The path on some rows of a table, as R's ``glmnet(x, y, family = "multinomial")`` has it.

    Parameters
    ----------
    rows : int array of shape (n,)
    response : array of shape (n, n_classes)
        One-hot.
    weights : array of shape (n,), or None

    Raises
    ------
    FitFailed
        Where R's glmnet stops with an error.
    """
    check_response("multinomial", response)
    path = Path(settings, stored, rows, response, weights)
    while not path.ended:
        path.advance()
    return path.whole()


class Path:
    """A path that goes on by one penalty at a time.

    Attributes
    ----------
    problem : str
        Why it ended before it should have.
    ended : bool

    Parameters
    ----------
    frugal : bool
        Whether it gives most of its memory up where it rests.
    """

    def __init__(
        self,
        settings: PathSettings,
        stored: Stored,
        rows: NDArray[np.intp],
        response: Floats,
        weights: Floats | None,
        *,
        frugal: bool = False,
    ) -> None:
        self._settings, self._frugal = settings, frugal
        self._given = np.array(sorted(settings.lambdas, reverse=True)) if settings.lambdas else None
        self._make_columns = functools.partial(columns_of, settings, stored, rows, response, weights)
        self._held: Columns | None
        self._held, variance = self._make_columns()
        self._mean, self._sd = self._columns.mean, self._columns.sd
        n_classes = response.shape[1]
        self._state = new_state(self._columns, n_classes)
        self._room = new_room(self._columns, n_classes)
        if settings.type_logistic != "Newton":
            self._room.curvature[:] = 0.25 if settings.standardize else 0.25 * variance
        n, p = len(rows), len(self._columns.norm)
        self._count = settings.n_penalties
        ratio = max(settings.lambda_min_ratio or (0.01 if n < p else 1e-4), CONTROL["eps"])
        self._factor = ratio ** (1 / (self._count - 1)) if self._given is None else 1.0
        self._null = self._start(response)
        self._lambdas: list[float] = []
        self._explained: list[float] = []
        self._points: list[tuple[Floats, Floats]] = []
        self.problem = ""
        self.ended = False

    @property
    def _columns(self) -> Columns:
        if self._held is None:
            self._held, _ = self._make_columns()
        return self._held

    def rest(self) -> None:
        """Let other paths go on; one that is frugal gives its features up, and makes them again, with the same bits, when it goes on."""
        if self._frugal:
            self._held = None

    @property
    def lambdas(self) -> Floats:
        """Penalties so far; the first is infinite, and from the third on is put where R puts it."""
        lambdas = np.array(self._lambdas)
        return lambdas if self._given is not None else finite_first_lambda(lambdas)

    def advance(self) -> None:
        """Fit the next penalty, or end."""
        if self.ended:
            return
        s, alpha, number = self._state, self._settings.alpha, len(self._lambdas)
        before, lambda_ = self._next_lambda()
        s.strong[:] |= self._columns.usable & (s.largest > alpha * (2 * lambda_ - before))
        if not descent.solve(self._columns, s, self._room, self._penalty(lambda_)):
            self.problem = not_converged(number + 1, self._settings)
            self.ended = True
            return
        self._lambdas.append(lambda_)
        used = s.order[: s.counts[0]]
        self._points.append((s.b[:, used], s.b0.copy()))
        self._explained.append((self._null + descent.deviance(self._columns, s)) / self._null)
        self.ended = len(self._lambdas) == self._count or self._saturated()

    def _start(self, response: Floats) -> float:
        """Intercepts only: b0 = log of the class's share, less the mean; returns the null deviance."""
        s, t = self._state, self._columns
        null = 0.0
        for c in range(response.shape[1]):
            y = np.zeros((1, t.z.shape[1]))
            y[0, : len(response)] = response[:, c]
            share = loops.product(t.w, y, 0, len(response))
            if not PMIN < share < 1 - PMIN:
                raise FitFailed(fatal_error((8001 if share <= PMIN else 9001) + c))
            s.b0[c] = math.log(share)
            null -= share * s.b0[c]
        mean = 0.0
        for value in s.b0:
            mean += value
        s.b0[:] -= mean / len(s.b0)
        total = 0.0
        for c, value in enumerate(s.b0):
            s.q[c] = math.exp(value)
            total += s.q[c, 0]
        s.total[:] = total
        if self._given is not None or self._settings.alpha == 0:  # else the first penalty lets no feature in
            rule = 0.0 if self._given is None else self._settings.alpha * 2 * self._given[0]
            descent.let_in(t, s, self._room, np.inf, rule, True)
        return null

    def _next_lambda(self) -> tuple[float, float]:
        """The penalty before, as the strong rule takes it, and the next one.

        The first is infinite; the second follows on that at which all coefficients become 0, max |gradient| / alpha.
        """
        done = len(self._lambdas)
        if self._given is not None:
            return (self._lambdas[-1] if done else 0.0), float(self._given[done])
        if done == 0:
            return 0.0, CONTROL["big"]
        before = self._lambdas[-1] if done > 1 else float(self._state.largest.max()) / max(self._settings.alpha, 1e-3)
        return before, before * self._factor

    def _penalty(self, lambda_: float) -> Penalty:
        alpha, done = self._settings.alpha, len(self._lambdas)
        if done + 1 == self._count:
            rule = np.inf
        elif self._given is not None:
            rule = max(0.0, alpha * (2 * float(self._given[done + 1]) - lambda_))
        elif done == 0:
            rule = -max(alpha * (2 * self._factor - 1) / max(alpha, 1e-3), 1e-300)
        else:
            rule = max(0.0, alpha * (2 * lambda_ * self._factor - lambda_))
        return Penalty(
            l1=lambda_ * alpha,
            l2=lambda_ * (1 - alpha),
            alpha=alpha,
            tolerance=self._settings.thresh * self._null,
            maxit=self._settings.maxit,
            bounded=self._settings.type_logistic != "Newton",
            next_rule=rule,
        )

    def _saturated(self) -> bool:
        """glmnet's ends of a path: nearly all is explained, or hardly more than at the penalty before."""
        if self._given is not None or len(self._lambdas) < CONTROL["mnlam"]:
            return False
        last, before = self._explained[-1], self._explained[-2]
        return last > CONTROL["devmax"] or last - before < CONTROL["fdev"]

    def probe(self, lambda_: float, looser: float, passes: int) -> tuple[Floats, Floats] | None:
        """Coefficients and intercepts at a smaller penalty, where a change of the loss that is so much larger counts as none.

        The path can only be probed further after that, unless it is brought back (`kept`). None if so many passes do not
        suffice: roughly fitted approximations may lead away from the solution.

        Returns
        -------
        coefficients : array of shape (p, n_classes)
            Of the features as they are stored.
        intercepts : array of shape (n_classes,)
        """
        s, t = self._state, self._columns
        s.strong[:] = t.usable  # the penalties are too far apart for the strong rule
        rough = self._settings.thresh * self._null * looser
        penalty = self._penalty(lambda_)._replace(tolerance=rough, next_rule=np.inf, maxit=int(s.counts[1]) + passes)
        if not descent.solve(t, s, self._room, penalty):
            return None
        coefficients = s.b.T / t.sd[:, None]
        return coefficients, s.b0 - t.mean @ coefficients

    def kept(self) -> State:
        """A copy of where the path is."""
        return State._make([part.copy() for part in self._state])

    def bring_back(self, state: State) -> None:
        """Go on from where the path was."""
        for part, before in zip(self._state, state, strict=True):
            part[...] = before

    def whole(self) -> GlmnetPath:
        """The path so far.

        Raises
        ------
        FitFailed
            If not one penalty has been reached.
        """
        return self.part(0, len(self._lambdas))

    def part(self, first: int, stop: int) -> GlmnetPath:
        """Some penalties of the path; coefficients are those of the features as they are stored.

        They are b / sd, and the intercept b0 - sum_k mean_k b_k / sd_k, taken off in the order of entry.

        Raises
        ------
        FitFailed
            If not one penalty has been reached.
        """
        if not self._lambdas:
            raise FitFailed(f"no penalty converged within maxit: {self._settings.maxit}; raise it or thresh")
        n_used = self._points[stop - 1][0].shape[1]
        used = self._state.order[:n_used].astype(np.intp)
        coefficients = np.zeros((stop - first, len(self._state.b0), n_used))
        intercepts = np.empty(coefficients.shape[:2])
        mean, sd = self._mean[used], self._sd[used]
        for number, (b, b0) in enumerate(self._points[first:stop]):
            coefficients[number, :, : b.shape[1]] = b / sd[: b.shape[1]]
            intercepts[number] = b0
        for j in range(n_used):
            intercepts -= coefficients[:, :, j] * mean[j]
        return GlmnetPath(
            lambdas=self.lambdas[first:stop],
            used=used,
            coefficients=coefficients,
            intercepts=intercepts - intercepts.mean(axis=1, keepdims=True),
            problem=self.problem,
        )
