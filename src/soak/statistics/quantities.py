"""How a measure is called and written where people read it: in verdicts, figures and the report."""

import math
from dataclasses import dataclass

from soak.errors import SoakError
from soak.measures import measure

# Measures that are shares of the test rows are shown in percent.
_PERCENT = {"zero_one_loss": "error", "accuracy": "accuracy", "balanced_accuracy": "balanced accuracy"}
_WORDS = {
    "log_loss": "log loss",
    "roc_auc": "area under the ROC curve",
    "r2": "R²",
    "mean_squared_error": "mean squared error",
    "mean_absolute_error": "mean absolute error",
    "root_mean_squared_error": "root mean squared error",
}


@dataclass(frozen=True)
class Quantity:
    """What a figure or a text shows of a measure.

    Attributes
    ----------
    word : str
        As in a sentence: "error", "log loss".
    factor : float
        Shown value = factor * measure; 100 for percent.
    """

    word: str
    factor: float = 1.0

    @property
    def is_percent(self) -> bool:
        return self.factor == 100

    @property
    def label(self) -> str:
        """Of an axis: "percent error", "log loss"."""
        return f"percent {self.word}" if self.is_percent else self.word

    def format(self, value: float) -> str:
        """A value of the measure as a person reads it, with its unit."""
        return f"{self.number(value)} %" if self.is_percent else self.number(value)

    def number(self, value: float) -> str:
        """A value of the measure as a person reads it, scaled, without its unit."""
        shown = self.factor * value
        return f"{shown:.{self._decimals(shown)}f}" if math.isfinite(shown) else "-"

    def mean_sd(self, mean: float, sd: float) -> str:
        """Mean ± SD with equally many decimals; the mean alone where there is no SD."""
        if not math.isfinite(sd):
            return self.number(mean)
        return f"{self.number(mean)} ± {self.factor * sd:.{self._decimals(self.factor * mean)}f}"

    def _decimals(self, shown: float) -> int:
        """One in percent, else so many that three digits are told."""
        if self.is_percent or not math.isfinite(shown):
            return 1
        return max(0, 2 - math.floor(math.log10(abs(shown)))) if shown else 2


def quantity(name: str) -> Quantity:
    """The quantity to show for a measure of the score table."""
    if name in _PERCENT:
        return Quantity(_PERCENT[name], 100)
    return Quantity(_WORDS.get(name, name.rpartition(".")[2].replace("_", " ")))


def greater_is_better(name: str) -> bool:
    """Whether greater values of a measure are better; measures that are not known are taken for losses."""
    try:
        return measure(name).greater_is_better
    except SoakError:
        return False


def format_p(p: float) -> str:
    """A p value as a person reads it: "P = 0.03", "P < 0.0001", "P undefined"."""
    if math.isnan(p):
        return "P undefined"
    return "P < 0.0001" if p < 1e-4 else f"P = {_plain(p)}"


def _plain(p: float) -> str:
    """Two significant digits without an exponent: 0.00031, 0.045, 0.4, 1."""
    if p >= 0.1:
        return f"{p:.2g}"
    return f"{p:.{1 - math.floor(math.log10(p))}f}".rstrip("0")
