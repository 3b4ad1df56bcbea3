"""Which rows train and which are tested: folds, sizes and splits, as R's mlr3resampling makes them.

settings   what a config says of the resampling
roles      the columns of a table (subset, group, stratum, fold) as codes
folds      a fold for each group of rows
cells      rows by fold and subset, of which train and test sets are made
splits     which test sets and train sets there are, and which rows smaller train sets keep
names      a name for each distinct train set
splitter   `SameOtherSizesCV`: all of it for one table, as a cross-validator
split_task the splits of a task: made, and written to files
store      the rows that a fit reads from those files
"""
