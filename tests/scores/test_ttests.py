"""T tests against scipy's and R's numbers, and their limits where differences are all alike."""

import numpy as np
import pytest
from scipy.stats import nct, t, ttest_ind, ttest_rel

from soak.scores.ttests import (
    holm,
    paired_interval,
    paired_p,
    paired_test,
    row_error,
    sample_mean,
    sample_sd,
    smallest_seen,
    t_quantile,
    welch_p,
)

X = np.array([0.41, 0.44, 0.38, 0.40, 0.47])
Y = np.array([0.30, 0.36, 0.35, 0.33, 0.31])


def test_undefined_tests_are_nan() -> None:
    assert np.isnan(paired_p([0.0, 0.1], [0.0, 1e-18], [3, 3])).all()
    assert np.isnan(welch_p([0.5], [0.0], [3], [0.5], [0.0], [3])).all()
    assert np.isnan(paired_p([1.0], [np.nan], [1])).all()
    assert np.isnan(paired_interval([0.0, 0.1, 1.0], [0.0, 1e-18, np.nan], [3, 3, 1], 0.05)).all()
    assert welch_p([0.5], [0.1], [3], [0.2], [0.0], [3])[0] == pytest.approx(0.0351, abs=1e-3)


def test_the_spread_of_nearly_equal_scores_is_that_of_r() -> None:
    # R: x <- 0.5 + c(1, -2, 3, 0, 7) * 1e-15; print(c(mean(x), sd(x)), digits = 17)
    x = 0.5 + np.array([1, -2, 3, 0, 7]) * 1e-15
    assert sample_mean(x) == 0.50000000000000178
    assert sample_sd(x) == pytest.approx(3.4178824834501283e-15, rel=1e-14)
    assert np.isnan([sample_mean([]), sample_sd([1.0])]).all()


def test_far_tails_keep_their_digits() -> None:
    x = np.linspace(0, 1e-3, 30) + 5
    assert paired_p([x.mean()], [x.std(ddof=1)], [30])[0] == pytest.approx(ttest_rel(x, 0 * x).pvalue, rel=1e-9)


def test_two_values_are_enough_for_a_welch_test() -> None:
    for x, y in (([1.0, 2.0], [4.0, 5.0, 7.0]), ([4.0, 5.0, 7.0], [1.0, 2.0])):
        ours = welch_p(np.mean(x), np.std(x, ddof=1), len(x), np.mean(y), np.std(y, ddof=1), len(y))
        assert ours == pytest.approx(ttest_ind(x, y, equal_var=False).pvalue)
        assert np.isnan(welch_p(1.0, np.nan, 1, np.mean(y), np.std(y, ddof=1), len(y)))


def test_holm_is_that_of_r() -> None:
    # R: p.adjust(c(0.01, NA, 0.04, 0.03), "holm") is 0.03, NA, 0.06, 0.06
    np.testing.assert_allclose(holm([0.01, np.nan, 0.04, 0.03]), [0.03, np.nan, 0.06, 0.06])
    np.testing.assert_allclose(holm([0.9, 0.8]), [1, 1])
    assert holm([]).size == 0


@pytest.mark.parametrize("alpha", [0.05, 0.1, 0.01])
def test_the_paired_test_is_that_of_scipy(alpha: float) -> None:
    theirs, ours = ttest_rel(X, Y), paired_test(X, Y, alpha)
    interval = theirs.confidence_interval(1 - alpha)
    assert (ours.n, ours.mean) == (5, pytest.approx((X - Y).mean()))
    assert ours.p == pytest.approx(theirs.pvalue, rel=1e-12)
    assert (ours.low, ours.high) == (pytest.approx(interval.low, rel=1e-12), pytest.approx(interval.high, rel=1e-12))
    difference = X - Y
    limits = paired_interval([difference.mean()], [difference.std(ddof=1)], [5], alpha)
    np.testing.assert_allclose(np.ravel(limits), [interval.low, interval.high], rtol=1e-12)
    for first, second in ((X, Y), (Y, X)):
        one_sided = ttest_rel(first, second, alternative="greater").pvalue
        assert paired_test(first, second, alpha).greater_p() == pytest.approx(one_sided, rel=1e-12)


def test_differences_that_are_all_zero_have_a_p_of_1() -> None:
    test = paired_test(X, X, 0.05)
    assert (test.mean, test.error, test.p, test.low, test.high) == (0, 0, 1, 0, 0)
    assert test.greater_p() == 1
    noise = paired_test(X, X * (1 + np.array([1, -1, 1, 0, 1]) * 2e-16), 0.05)
    assert (noise.mean, noise.p) == (0, 1)


def test_differences_that_are_alike_have_the_error_of_rows() -> None:
    assert np.isnan(paired_test([1, 1, 1], [0, 0, 0], 0.05).p)  # no losses of rows: no test
    error = row_error(np.ones(60))
    assert error == pytest.approx(np.std([1] * 61 + [-1], ddof=1) / np.sqrt(62))
    test = paired_test([1, 1, 1], [0, 0, 0], 0.05, error, bound=1)
    assert test.p == pytest.approx(2 * t.sf(1 / error, 2))
    assert test.low == pytest.approx(1 - t.ppf(0.975, 2) * error)
    assert test.high == 1  # not more than 100 points
    assert paired_test([0, 0, 0], [1, 1, 1], 0.05, error, bound=1).low == -1


def test_one_pair_has_a_mean_and_no_test() -> None:
    test = paired_test([0.4], [0.3], 0.05)
    assert (test.n, test.mean) == (1, pytest.approx(0.1))
    assert np.isnan([test.error, test.p, test.low, test.high, test.greater_p()]).all()


@pytest.mark.parametrize("n", [2, 3, 5, 10, 30])
@pytest.mark.parametrize("alpha", [0.05, 0.01])
def test_the_smallest_difference_is_seen_four_times_in_five(n: int, alpha: float) -> None:
    delta = smallest_seen(n, alpha)
    assert nct.sf(t.ppf(1 - alpha / 2, n - 1), n - 1, delta) == pytest.approx(0.8, abs=1e-3)
    assert np.isnan(smallest_seen(1, alpha))
    assert t_quantile(0.975, n - 1) == pytest.approx(t.ppf(0.975, n - 1))
