"""cv_glmnet: an elastic net whose penalty is chosen by cross-validation, to the last digit as R's cv.glmnet."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from soak.learners.base import Fit, FitSize, LearnerType, TrainData

_SMALLER_FOLDS = 3


Penalty = Literal["min", "1se"] | Annotated[float, Field(ge=0)]


class CvGlmnet(LearnerType):
    """L1- or elastic-net-regularized linear model, its penalty chosen by cross-validation, as R's cv.glmnet."""

    type: Literal["cv_glmnet"]
    s: list[Penalty] = Field(
        default=["min", "1se"],
        min_length=1,
        description="penalties to predict at, one or a list; each is an algorithm of its own",
        examples=[["min", 0.01]],
    )
    folds: int = Field(default=10, ge=3, description="inner folds")
    alpha: float = Field(default=1.0, ge=0, le=1, description="1: lasso, 0: ridge")
    nlambda: int = Field(default=100, ge=2, description="penalties on the path")
    thresh: float = Field(default=1e-7, gt=0, description="convergence threshold of coordinate descent")
    maxit: int = Field(default=100_000, ge=1, description="passes over the data, all penalties together")
    type_measure: Literal["deviance", "class", "auc", "mse", "mae"] = Field(
        default="deviance", description="what the inner folds measure"
    )
    type_logistic: Literal["Newton", "modified.Newton"] = Field(
        default="Newton", description="exact or bounded Hessian in logistic fits"
    )
    standardize: bool = Field(default=True, description="scale the features to unit variance before fitting")
    path: Literal["full", "early"] = Field(
        default="full",
        description="full: R's very result; early, for three or more classes: 2 to 3 times faster, paths end once the "
        "curve has clearly turned",
    )

    @field_validator("s", mode="before", json_schema_input_type=Penalty | list[Penalty])
    @classmethod
    def _one_or_several(cls, value: Any) -> Any:
        return value if isinstance(value, list | tuple) else [value]

    @model_validator(mode="after")
    def _different(self) -> "CvGlmnet":
        if len(set(self.suffixes)) < len(self.s):
            raise ValueError("s: each penalty may be named once")
        return self

    @property
    def suffixes(self) -> tuple[str, ...]:
        """What each penalty adds to the learner's name: min, 1se, or the number."""
        return tuple(s if isinstance(s, str) else f"{s:g}" for s in self.s)

    packages: ClassVar[tuple[str, ...]] = ("glmstar", "numpy")

    def algorithms(self, name: str) -> tuple[str, ...]:
        """One for each penalty of ``s``: ``name_min``, ``name_1se``, ``name_0.01``."""
        return tuple(f"{name}_{suffix}" for suffix in self.suffixes)

    def only_for(self) -> tuple[str, str] | None:
        if self.type_measure in ("class", "auc"):
            return "classification", f"type_measure: {self.type_measure} is for classification"
        return None

    def inner_folds(self) -> int:
        return self.folds

    def seconds(self, size: FitSize) -> float:
        return 3e-9 * size.train_cells * self.nlambda * (self.folds + 1)

    def memory_mb(self, size: FitSize) -> int:
        """float64 matrices: the features, their centred copy, and those of an inner fold; predictions of the path."""
        return int(600 + 8 * size.matrix_mb * 4 + size.n_rows * size.n_outputs * 8 * self.nlambda / 1e6)

    def smaller(self) -> dict[str, Any]:
        # all penalties: a path of fewer, wider steps takes as long, and may not converge where the whole one does
        return {"folds": min(_SMALLER_FOLDS, self.folds)}

    def work_ratio(self) -> float:
        return (self.folds + 1) / (min(_SMALLER_FOLDS, self.folds) + 1)

    def load(self) -> None:
        import soak.glmnet.fit  # noqa: F401

    def fit(self, name: str, data: TrainData) -> Fit:
        from soak.glmnet.fit import fit

        return fit(self, name, data)
