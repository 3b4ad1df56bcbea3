"""Which rows train and which are tested: folds, sizes and splits, as R's mlr3resampling makes them."""
