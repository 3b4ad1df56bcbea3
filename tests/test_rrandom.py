"""R's random numbers, against R's own."""

import numpy as np
import pytest

from soak import rrandom
from soak.errors import SoakError
from soak.rrandom import RRandom


@pytest.mark.parametrize(
    ("seed", "permutation"),
    [(1, [9, 4, 7, 1, 2, 5, 3, 10, 6, 8]), (42, [1, 5, 10, 8, 2, 4, 6, 9, 7, 3])],
)
def test_sample_of_ten_as_r_prints_it(seed, permutation):
    assert RRandom(seed).sample(10).tolist() == permutation


def test_uniform_numbers_as_r_prints_them():
    # set.seed(1); runif(5), and set.seed(42); runif(3), R's default seven digits
    np.testing.assert_allclose(
        RRandom(1).unif(5), [0.2655087, 0.3721239, 0.5728534, 0.9082078, 0.2016819], atol=5e-8, rtol=0
    )
    np.testing.assert_allclose(RRandom(42).unif(3), [0.9148060, 0.9370754, 0.2861395], atol=5e-8, rtol=0)


def test_sample_goes_on_where_the_last_draw_ended():
    both = RRandom(1).unif(20)
    random = RRandom(1)
    assert np.array_equal(np.concatenate([random.unif(7), random.unif(13)]), both)
    # set.seed(1); sample(5); R's first one of five
    assert RRandom(1).sample(5).tolist() == [1, 4, 3, 5, 2]


def test_sample_of_an_array_permutes_its_elements():
    values = np.array(list("abcdefghij"))
    assert RRandom(1).sample(values).tolist() == values[RRandom(1).sample(10) - 1].tolist()
    assert RRandom(1).sample([7]).tolist() == [7]  # not a permutation of 1..7, R's well-known trap


NEARLY_TIED = [
    [0, 0, 1], [0.5, 0.5, 0], [0.2, 0.200001, 0.6], [0.4, 0.400003, 0.199997], [0.40001, 0.4, 0.19999],
    [1e-9, 2e-9, 1e-9], [0, 0, 0], [0.3, 0.35, 0.35],
]  # fmt: skip


def test_max_col_draws_among_ties_as_r():
    # R: m <- matrix(…, ncol = 3, byrow = TRUE); set.seed(7); max.col(m) - 1; runif(1)
    #    set.seed(8); max.col(m[rep(1:8, 3), ]) - 1
    random = RRandom(7)
    assert random.max_col(np.array(NEARLY_TIED)).tolist() == [2, 1, 2, 1, 0, 1, 1, 2]
    assert random.unif(1)[0] == pytest.approx(0.9720625007, abs=5e-11)  # rows without a tie draw nothing
    expected = [2, 1, 2, 0, 0, 1, 1, 2, 2, 0, 2, 1, 0, 1, 1, 1, 2, 0, 2, 1, 0, 1, 1, 2]
    assert RRandom(8).max_col(np.tile(NEARLY_TIED, (3, 1))).tolist() == expected


def test_a_copy_goes_on_from_the_same_state():
    random = RRandom(3)
    random.unif(700)
    copy = random.copy()
    ahead = copy.sample(9)
    assert random.sample(9).tolist() == ahead.tolist()


def test_set_seed_starts_again():
    random = RRandom(3)
    first = random.sample(50)
    random.set_seed(3)
    assert np.array_equal(random.sample(50), first)
    assert not np.array_equal(random.sample(50), first)


def sample_one_by_one(seed, n):
    """The rules of R's sample(), one draw at a time: `soak.rrandom` draws in blocks."""
    value = seed % 2**32
    values = []
    for _ in range(675):
        value = (69069 * value + 1) % 2**32
        values.append(value)
    generator = np.random.MT19937()
    key = np.array(values[51:], dtype=np.uint32)
    generator.state = {"bit_generator": "MT19937", "state": {"key": key, "pos": 624}}

    def uniform():
        return generator.random_raw() * 2.3283064365386963e-10

    def below(m):
        bits = int(np.ceil(np.log2(m)))
        while True:
            v = 0
            for _ in range(0, bits + 1, 16):
                v = 65536 * v + int(np.floor(uniform() * 65536))
            v %= 2**bits
            if v < m:
                return v

    left = list(range(1, n + 1))
    taken = []
    while left:
        j = below(len(left))
        taken.append(left[j])
        left[j] = left[-1]
        left.pop()
    return taken


@pytest.mark.parametrize("n", [0, 1, 2, 3, 4, 5, 16, 17, 255, 256, 257, 1000, 65535, 65536, 65537, 70000])
@pytest.mark.parametrize("seed", [1, -5])
def test_blocks_of_draws_are_as_single_draws(n, seed):
    assert RRandom(seed).sample(n).tolist() == sample_one_by_one(seed, n)


@pytest.mark.parametrize("n", [0, 1, 2, 1000, 100_000])
def test_the_compiled_shuffle_gives_the_same_permutation(n, monkeypatch):
    pytest.importorskip("numba")
    plain = RRandom(1).permutation(n)
    monkeypatch.setattr(rrandom, "COMPILE_FROM", 0)
    assert np.array_equal(RRandom(1).permutation(n), plain)


@pytest.mark.parametrize("seed", [2**31, -(2**31)])
def test_a_seed_that_r_does_not_take_is_an_error(seed):
    with pytest.raises(SoakError, match=rf"^seed: expected an integer from -2147483647 to 2147483647, got {seed}$"):
        RRandom(seed)


def test_normal_numbers_as_r_prints_them():
    # set.seed(1); rnorm(5), and set.seed(42); rnorm(3), R's default seven digits
    np.testing.assert_allclose(
        RRandom(1).norm(5), [-0.6264538, 0.1836433, -0.8356286, 1.5952808, 0.3295078], atol=5e-8, rtol=0
    )
    np.testing.assert_allclose(RRandom(42).norm(3), [1.3709584, -0.5646982, 0.3631284], atol=5e-8, rtol=0)


@pytest.mark.parametrize(("n", "size"), [(10, 3), (2400, 400), (100_000, 70_000), (5, 5), (5, 0)])
def test_a_sample_draws_no_more_than_it_takes(n, size):
    random, other = RRandom(7), RRandom(7)
    taken = random.sample(n, size)
    assert taken.tolist() == RRandom(7).sample(n)[:size].tolist()
    rest = n
    for index in range(size):  # one at a time, each among those that are left
        bits = (rest - 1).bit_length()
        while int(other._candidates(1, bits)[0]) >= rest:
            pass
        rest = n - index - 1
    assert random.unif(1) == other.unif(1)
