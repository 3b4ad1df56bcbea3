"""Settings of the resampling: what a config gives to `soak.SameOtherSizesCV`."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from soak.settings import Settings

Algorithm = Literal["RSS", "Wasikowski", "WasikowskiLimitedMemory"]


def _upper_case(value: str) -> str:
    letters = value.upper()
    if not letters or set(letters) - set("SOA") or len(set(letters)) < len(letters):
        raise ValueError(f"expected letters S (same), O (other), A (all), each at most once, got '{value}'")
    return letters


Subsets = Annotated[str, AfterValidator(_upper_case)]


class ResamplingSettings(Settings):
    """SOAK: Same/Other/All K-fold cross-validation (arXiv 2410.08643), as R's ResamplingSameOtherSizesCV."""

    folds: int = Field(
        default=3, ge=2, description="K, the number of folds; 3 is R's, 10 show smaller differences in tables"
    )
    seeds: int = Field(
        default=1,
        ge=1,
        description="how many times each smaller train set is drawn (the seed of the draws is seed.resampling)",
    )
    sizes: int = Field(
        default=-1,
        ge=-1,
        description="-1: only train sets at their full size; 0: also at the size of the smallest; n: also at n sizes below it",
    )
    ratio: float = Field(default=0.5, ge=0, le=1, description="ratio of each size to the next larger one")
    subsets: Subsets = Field(
        default="SOA", description="which train sets to use: S(ame), O(ther), A(ll)", examples=["SO"]
    )
    ignore_subset: bool = Field(default=False, description="whether to treat all rows as one subset")
    group_stratum_algo: Algorithm = Field(
        default="RSS", description="algorithm that spreads groups and strata over the folds"
    )


class ResamplingOverride(Settings):
    """The same keys in one task: each value that is given here replaces the common one."""

    folds: int | None = Field(default=None, ge=2)
    seeds: int | None = Field(default=None, ge=1)
    sizes: int | None = Field(default=None, ge=-1)
    ratio: float | None = Field(default=None, ge=0, le=1)
    subsets: Subsets | None = Field(default=None, examples=["SO"])
    ignore_subset: bool | None = None
    group_stratum_algo: Algorithm | None = None

    def over(self, common: ResamplingSettings) -> ResamplingSettings:
        """The common settings with this task's own values in their place."""
        return common.model_copy(update=self.model_dump(exclude_none=True))
