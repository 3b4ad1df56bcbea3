"""Mistakes in a config: each is reported on one line, word for word."""

import copy

import pytest
import yaml

from soak.config.check import load_config, parse
from soak.errors import SoakError

GOOD = """
datasets:
  Digits: {builtin: digits}
  Letters: {builtin: font_letters}
tasks:
  Both: {datasets: [Letters, Digits]}
learners:
  featureless: {type: featureless}
"""

# What is changed in the good config (key path: value), and the message.
CASES = [
    ("seed.trian: 2", "seed.trian: unknown key; did you mean 'train'?"),
    (
        "learners.found: {type: estimator, class: sklearn.ensemble.IsolationForest}",
        "learners.found.class: sklearn.ensemble.IsolationForest finds outliers; expected a classifier or a regressor",
    ),
    (
        "learners.found: {type: estimator, class: sklearn.cluster.KMeans}",
        "learners.found.class: sklearn.cluster.KMeans finds clusters; expected a classifier or a regressor",
    ),
    (
        "learners.found: {type: estimator, class: sklearn.mixture.GaussianMixture}",
        "learners.found.class: sklearn.mixture.GaussianMixture estimates densities; expected a classifier or a regressor",
    ),
    (
        "learners.found: {type: estimator, class: sklearn.decomposition.PCA}",
        "learners.found.class: sklearn.decomposition.PCA has no method predict: not an estimator of scikit-learn's API",
    ),
    ("seed.train: one", "seed.train: expected an integer of at least -2147483647 and below 2147483648, got 'one'"),
    (
        "seed.resampling: 3000000000",
        "seed.resampling: expected an integer of at least -2147483647 and below 2147483648, got 3000000000",
    ),
    ("seed: 1", "seed: expected a mapping of keys to values such as {resampling: 1, train: 1}, got 1"),
    ("focus: Digits", "focus: expected a mapping of keys to values such as {test_subset: Digits}, got 'Digits'"),
    (
        "datasets.Rot: digits",
        "datasets.Rot: expected a mapping of keys to values such as {builtin: digits}, got 'digits'",
    ),
    (
        "tasks.Mine: my.csv",
        "tasks.Mine: expected a mapping of keys to values such as {table: my.csv, target: species, subset: region}, got 'my.csv'",
    ),
    (
        "learners.lasso: cv_glmnet",
        "learners.lasso: expected a mapping of keys to values such as {type: cv_glmnet}, got 'cv_glmnet'",
    ),
    (
        "tasks.Both.learners: featureless",
        "tasks.Both.learners: expected a list such as [featureless, cv_glmnet], got 'featureless'",
    ),
    (
        "tasks.Mine: {table: my.csv, target: y, features: 3}",
        "tasks.Mine.features: expected text or a list, such as [height, width], got 3: if this is text, put it in quotes",
    ),
    (
        "datasets.Digits: {idx: [{images: a, labels: b, image: c}]}",
        "datasets.Digits.idx[0].image: unknown key; did you mean 'images'?",
    ),
    (
        "datasets.Digits: {builtin: digit}",
        "datasets.Digits.builtin: expected 'digits', 'font_digits' or 'font_letters', got 'digit'",
    ),
    (
        "datasets.Digits: {}",
        "datasets.Digits: expected exactly one of the keys binary, builtin, csv, idx, reader, tables, transpose_of; got none",
    ),
    (
        "datasets.Digits: {builtin: digits, csv: a.csv}",
        "datasets.Digits: expected exactly one of the keys binary, builtin, csv, idx, reader, tables, transpose_of; got builtin and csv",
    ),
    ("datasets.Digits: {builtin: digits, rows: 0}", "datasets.Digits.rows: expected an integer of at least 1, got 0"),
    ("datasets.Digits: {builtin: digits, row: 10}", "datasets.Digits.row: unknown key; did you mean 'rows'?"),
    (
        "datasets.Digits: {csv: a.csv, hash: md5:123}",
        'datasets.Digits.hash: expected a checksum as "md5:…" (32 hex digits), "sha256:…" (64), or "raw-sha256:…" (64, of the decompressed bytes); got \'md5:123\'',
    ),
    (
        "datasets.Digits: {tables: [{table: a}], shape: [2, 2], hash: md5:123}",
        "datasets.Digits.hash: each entry of tables has its own",
    ),
    (
        'datasets.Digits: {csv: "ftp://x/a.csv"}',
        "datasets.Digits.csv: expected http://, https://, file:// or a path, got ftp://",
    ),
    ("datasets.Digits: {idx: [{images: a.gz}]}", "datasets.Digits.idx[0].labels: is missing"),
    (
        "datasets.Digits: {idx: [{images: a.gz, labels: b.gz, images_member: ../x}]}",
        "datasets.Digits.idx[0].images_member: expected the name of a file in the archive, as its listing shows it, got '../x'",
    ),
    (
        "datasets.Rot: {transpose_of: Digit}",
        "datasets.Rot.transpose_of: there is no data set 'Digit'; did you mean 'Digits'?",
    ),
    (
        "datasets.Rot: {transpose_of: Rot}",
        "datasets.Rot.transpose_of: Rot -> Rot is a circle; expected one of them to have rows of its own",
    ),
    (
        "datasets.a b: {builtin: digits}",
        "datasets.a b: expected a name of letters, digits, '_', '.' and '-' only, got 'a b'",
    ),
    (
        "datasets.digits: {builtin: digits}",
        "datasets.digits: differs from 'Digits' in case only, which some disks ignore; use another name",
    ),
    ("tasks: {}", "tasks: is missing: name at least one task (or scores from elsewhere)"),
    (
        "tasks.Both.datasets: [Letters, Digit]",
        "tasks.Both.datasets[1]: there is no data set 'Digit'; did you mean 'Digits'?",
    ),
    ("tasks.Both.datasets: [Digits, Digits]", "tasks.Both.datasets: expected each data set once, got 'Digits' twice"),
    ("tasks.Both.subset: region", "tasks.Both.subset: expected dataset or part, columns of data sets, got 'region'"),
    (
        "tasks.Both.table: my.csv",
        "tasks.Both: expected exactly one of the keys datasets and table, got both",
    ),
    (
        "tasks.Trees: {table: 'my{1}.csv', target: y}",
        "tasks.Trees.table: expected a path without braces, which Snakemake takes for a wildcard, got {1}: rename it",
    ),
    ("tasks.Both.target: y", "tasks.Both.target: expected label, the column of data sets to predict, got 'y'"),
    (
        "tasks.Both.group: writer",
        "tasks.Both.group: is a key of table, not of datasets (their columns: label, part, dataset)",
    ),
    (
        "tasks.Both.learners: [featurless]",
        "tasks.Both.learners[0]: there is no learner 'featurless'; did you mean 'featureless'?",
    ),
    (
        "tasks.Both.measures: [zero_one]",
        "tasks.Both.measures[0]: there is no measure 'zero_one'; did you mean 'zero_one_loss'?",
    ),
    (
        "tasks.Both.measures: [mean_squared_error]",
        "tasks.Both.measures[0]: measure 'mean_squared_error' is for regression, but the task is classification",
    ),
    ("tasks.Both.resampling: {fold: 3}", "tasks.Both.resampling.fold: unknown key; did you mean 'folds'?"),
    (
        "tasks.Mine: {table: my.csv, subset: region}",
        "tasks.Mine.target: expected the name of the column to predict, got none",
    ),
    (
        "tasks.Mine: {table: my.csv, target: y, subset: y}",
        "tasks.Mine.subset: expected a column without a role, but 'y' is the target",
    ),
    (
        'tasks.Mine: {table: my.csv, target: y, features: "(^a"}',
        "tasks.Mine.features: expected a regular expression, got '(^a': missing ), unterminated subpattern at position 0",
    ),
    (
        "tasks.Mine: {table: my.csv, target: y, features: [a, b, a]}",
        "tasks.Mine.features: expected each column once, got 'a' twice",
    ),
    (
        "tasks.Mine: {table: my.csv, target: y, type: clasification}",
        "tasks.Mine.type: expected 'classification' or 'regression', got 'clasification'",
    ),
    (
        "tasks.Mine: {table: my.csv, target: y, impute: mode}",
        "tasks.Mine.impute: expected 'error', 'none', 'mean', 'median', 'most_frequent', 'level' or 'drop_rows', got 'mode'",
    ),
    (
        'tasks.Mine: {table: "builtin:iris", target: y}',
        "tasks.Mine.table: expected builtin:diabetes, builtin:soaked_different or builtin:soaked_iid_easy, got 'builtin:iris'",
    ),
    (
        "tasks.Mine: {table: my.csv, target: y, group: plot, stratum: [plot]}",
        "tasks.Mine.stratum: expected the target, the subset, or columns without a role, but 'plot' is the group",
    ),
    (
        "learners.lasso: {type: cv_glmnet, lambda: [0.1]}",
        "learners.lasso.lambda: expected two or more penalties to choose from, got [0.1]",
    ),
    (
        "learners.lasso: {type: cv_glmnet, lower_limits: {age: 1}}",
        "learners.lasso.lower_limits.age: expected a number of at most 0, got 1",
    ),
    ("resampling.folds: 1", "resampling.folds: expected an integer of at least 2, got 1"),
    (
        "resampling.folds: 2.5",
        "resampling.folds: expected an integer of at least 2, got 2.5",
    ),
    ("resampling.sizes: -2", "resampling.sizes: expected an integer of at least -1, got -2"),
    ("resampling.ratio: 1.5", "resampling.ratio: expected a number from 0 to 1, got 1.5"),
    (
        "resampling.subsets: SOX",
        "resampling.subsets: expected letters S (same), O (other), A (all), each at most once, got 'SOX'",
    ),
    (
        "resampling.subsets: SS",
        "resampling.subsets: expected letters S (same), O (other), A (all), each at most once, got 'SS'",
    ),
    (
        "resampling.group_stratum_algo: rss",
        "resampling.group_stratum_algo: expected 'RSS', 'Wasikowski' or 'WasikowskiLimitedMemory', got 'rss'",
    ),
    (
        "resampling.seed: 2",
        "resampling.seed: unknown key; folds and draws start from seed.resampling, as in seed: {resampling: 2}",
    ),
    (
        "tasks.Both.resampling: {seed: 2}",
        "tasks.Both.resampling.seed: unknown key; folds and draws start from seed.resampling, as in seed: {resampling: 2}",
    ),
    (
        "resampling.seeds: yes",
        "resampling.seeds: expected an integer of at least 1, got true (YAML reads yes, no, on and off as true and false)",
    ),
    (
        "resampling.ratio: off",
        "resampling.ratio: expected a number from 0 to 1, got false (YAML reads yes, no, on and off as true and false)",
    ),
    (
        "execution.fits_per_job: on",
        "execution.fits_per_job: expected 'auto' or an integer of at least 1, got true (YAML reads yes, no, on and off as true and false)",
    ),
    ("resampling.subsets: [S, O]", "resampling.subsets: expected text such as SO, got [S, O]"),
    ("resampling.seeds: 0", "resampling.seeds: expected an integer of at least 1, got 0"),
    ("learners: {}", "learners: is missing: name at least one, for instance featureless: {type: featureless}"),
    (
        "learners.knn: {class: sklearn.neighbors.KNeighborsClassifier}",
        "learners.knn.type: is missing; allowed: cv_glmnet, estimator, featureless, torch_graph, torch_mlp, torch_module",
    ),
    (
        "learners.knn: {type: estimater, class: a.B}",
        "learners.knn.type: there is no type 'estimater'; did you mean 'estimator'?",
    ),
    ("learners.knn: {type: estimator}", "learners.knn.class: is missing"),
    (
        "learners.forest: {type: estimator, class: RandomForestClassifier}",
        "learners.forest.class: 'RandomForestClassifier' is not an import path; did you mean 'sklearn.ensemble.RandomForestClassifier'?",
    ),
    (
        "learners.dummy: {type: estimator, class: sklearn/dummy.DummyClasifier}",
        "learners.dummy.class: 'sklearn/dummy.DummyClasifier' is not an import path; did you mean 'sklearn.dummy.DummyClassifier'?",
    ),
    (
        "learners.mine: {type: estimator, class: my model.Mine}",
        "learners.mine.class: 'my model.Mine' is not an import path; expected module.Class, for instance sklearn.svm.SVC",
    ),
    (
        "learners.net: {type: torch_module, class: Net}",
        "learners.net.class: 'Net' is not an import path; expected module.Class, for instance my_file.MyClass",
    ),
    (
        "learners.net: {type: torch_module, class: ./net.Net}",
        "learners.net.class: './net.Net' is not an import path; expected module.Class, for instance my_file.MyClass",
    ),
    (
        "learners.knn: {type: estimator, class: a.B, params: [1]}",
        "learners.knn.params: expected a mapping of keys to values such as {n_estimators: 500}, got [1]",
    ),
    (
        "learners.knn: {type: estimator, class: a.B, tune: {k: 3}}",
        "learners.knn.tune.k: expected a non-empty list such as [2, 4, 8], got 3",
    ),
    (
        "learners.knn: {type: estimator, class: a.B, tune: {k: []}}",
        "learners.knn.tune.k: expected a non-empty list such as [2, 4, 8], got []",
    ),
    (
        "learners.knn: {type: estimator, class: a.B, scale: minmax}",
        "learners.knn.scale: expected 'none' or 'standard', got 'minmax'",
    ),
    ("learners.lasso: {type: cv_glmnet, alpha: 1.5}", "learners.lasso.alpha: expected a number from 0 to 1, got 1.5"),
    ("learners.lasso: {type: cv_glmnet, nlamda: 50}", "learners.lasso.nlamda: unknown key; did you mean 'nlambda'?"),
    ("learners.lasso: {type: cv_glmnet, folds: 2}", "learners.lasso.folds: expected an integer of at least 3, got 2"),
    (
        "learners.lasso: {type: cv_glmnet, type_measure: rmse}",
        "learners.lasso.type_measure: expected 'deviance', 'class', 'auc', 'mse' or 'mae', got 'rmse'",
    ),
    ("learners.mlp: {type: torch_mlp, epochs: 0}", "learners.mlp.epochs: expected an integer of at least 1, got 0"),
    (
        "learners.mlp: {type: torch_mlp, validate: 1.5}",
        "learners.mlp.validate: expected a number above 0 and below 1 or an integer of at least 2, got 1.5",
    ),
    (
        "learners.mlp: {type: torch_mlp, neurons: [10, 0]}",
        "learners.mlp.neurons[1]: expected an integer of at least 1, got 0",
    ),
    ("learners.mlp: {type: torch_mlp, neurons: 10}", "learners.mlp.neurons: expected a list such as [10], got 10"),
    (
        "learners.mlp: {type: torch_mlp, neurons: [10, yes]}",
        "learners.mlp.neurons[1]: expected an integer of at least 1, got true (YAML reads yes, no, on and off as true and false)",
    ),
    (
        "learners.mlp: {type: torch_mlp, optimizer: [adam]}",
        "learners.mlp.optimizer: expected text or a mapping of keys to values, such as {adam: {lr: 0.01}}, got [adam]",
    ),
    (
        "learners.mlp: {type: torch_mlp, optimizer: {adam: 0.1}}",
        "learners.mlp.optimizer.adam: expected a mapping of keys to values such as {lr: 0.01}, got 0.1",
    ),
    (
        "learners.mlp: {type: torch_mlp, dropout: 1}",
        "learners.mlp.dropout: expected a number of at least 0 and below 1, got 1",
    ),
    ("learners.net: {type: torch_graph}", "learners.net.graph: is missing"),
    (
        "learners.FEATURELESS: {type: featureless}",
        "learners.FEATURELESS: differs from 'featureless' in case only, which some disks ignore; use another name",
    ),
    (
        "learners.my learner: {type: featureless}",
        "learners.my learner: expected a name of letters, digits, '_', '.' and '-' only, got 'my learner'",
    ),
    (
        "learners.featureless_2: {type: cv_glmnt}",
        "learners.featureless_2.type: there is no type 'cv_glmnt'; did you mean 'cv_glmnet'?",
    ),
    (
        "datasets.Digits: {builtin: digits, hash: [md5:11111111111111111111111111111111]}",
        "datasets.Digits.hash: is a key of csv and reader, not of builtin",
    ),
    (
        "tasks.Both.impute: mean",
        "tasks.Both.impute: is a key of table, not of datasets (their columns: label, part, dataset)",
    ),
    (
        "tasks.Both.stratum: [writer]",
        "tasks.Both.stratum: expected label, part or dataset, columns of data sets, got 'writer'",
    ),
    (
        'tasks.Mine: {table: "builtin:diabetes", target: y, hash: "md5:11111111111111111111111111111111"}',
        "tasks.Mine.hash: builtin:diabetes is not a file, and has no checksum",
    ),
    (
        'tasks.Mine: {table: "ftp://x/a.csv", target: y}',
        "tasks.Mine.table: expected http://, https://, file:// or a path, got ftp://",
    ),
    (
        "tasks.Mine: {table: my.csv, target: y, features: []}",
        "tasks.Mine.features: expected at least one column, got an empty list; without this key all columns without a role are features",
    ),
    (
        "tasks.Mine: {table: my.csv, target: y, features: [y, a]}",
        "tasks.Mine.features: expected columns without a role, but 'y' is the target",
    ),
    (
        "tasks.Mine: {table: my.csv, target: y, stratum: [a, a]}",
        "tasks.Mine.stratum: expected each column once, got 'a' twice",
    ),
    (
        "learners.mlp: {type: torch_mlp, optimizer: {sgd: {lr: 1}, adam: {}}}",
        "learners.mlp.optimizer: expected one name with its arguments, got 2 names",
    ),
    (
        "learners.net: {type: torch_graph, graph: [{linear: 5, relu: {}}, head]}",
        "learners.net.graph: operation 1 has 2 names; each operation is an entry of its own in the list",
    ),
    (
        "learners.-a: {type: featureless}",
        "learners.-a: expected a name that starts with a letter, digit or '_' and has at most 100 characters, got '-a'",
    ),
    ("learners.lasso: {type: cv_glmnet, s: [min, min]}", "learners.lasso.s: each penalty may be named once"),
    ("tutorial.task: Bth", "tutorial.task: there is no task 'Bth'; did you mean 'Both'?"),
    ("measures: []", "measures: expected a non-empty list such as [zero_one_loss, log_loss], got []"),
    (
        "measures: zero_one_loss, log_loss",
        "measures: expected a non-empty list such as [zero_one_loss, log_loss], got 'zero_one_loss, log_loss'",
    ),
    ("measures: [rmse]", "measures[0]: there is no measure 'rmse'; did you mean 'root_mean_squared_error'?"),
    ("measures: [r_squared]", "measures[0]: there is no measure 'r_squared'; did you mean 'r2'?"),
    ("measures: [auc]", "measures[0]: there is no measure 'auc'; did you mean 'roc_auc'?"),
    (
        "measures: [speed]",
        "measures[0]: there is no measure 'speed'; for classification there are zero_one_loss, accuracy, accuracy_score, balanced_accuracy, balanced_accuracy_score, cohen_kappa_score, f1_score, hamming_loss, jaccard_score, matthews_corrcoef, precision_score, recall_score, log_loss, roc_auc, roc_auc_score, average_precision_score, brier_score_loss, d2_brier_score, d2_log_loss_score, top_k_accuracy_score; for regression there are mean_squared_error, mean_absolute_error, r2, r2_score, root_mean_squared_error, median_absolute_error, max_error, mean_absolute_percentage_error, mean_pinball_loss, mean_squared_log_error, root_mean_squared_log_error, mean_poisson_deviance, mean_gamma_deviance, mean_tweedie_deviance, explained_variance_score, d2_absolute_error_score, d2_pinball_score, d2_tweedie_score",
    ),
    ("measures: [log_los]", "measures[0]: there is no measure 'log_los'; did you mean 'log_loss'?"),
    ("measures: [log_loss, log_loss]", "measures[1]: measure 'log_loss' is named twice"),
    ("focus.task: Bth", "focus.task: there is no task 'Bth'; did you mean 'Both'?"),
    ("focus.subset: Digits", "focus.subset: unknown key; did you mean 'test_subset'?"),
    ("tutorial.dataset: Digit", "tutorial.dataset: there is no data set 'Digit'; did you mean 'Digits'?"),
    ("tutorial.seed: -1", "tutorial.seed: expected an integer of at least 0, got -1"),
    ("verdict.alpha: 2", "verdict.alpha: expected a number above 0 and below 1, got 2"),
    (
        "verdict.algorithm: cv_glmnet",
        "verdict.algorithm: there is no algorithm 'cv_glmnet'; allowed: best, featureless",
    ),
    (
        "verdict.measure: error",
        "verdict.measure: there is no measure 'error'; allowed: first, log_loss, mean_absolute_error, mean_squared_error, zero_one_loss",
    ),
    ("figures.formats: [jpg]", "figures.formats[0]: expected 'png', 'pdf' or 'svg', got 'jpg'"),
    (
        "figures.style: {font: DejaVu Sanz}",
        "figures.style.font: expected an installed font, got 'DejaVu Sanz'; did you mean 'DejaVu Sans'?",
    ),
    (
        "figures.style: {colors: {same: nvy}}",
        "figures.style.colors.same: expected a colour such as \"#0072B2\" or navy, got 'nvy'; did you mean 'navy'?",
    ),
    (
        "figures.style: {colors: {same: }}",
        'figures.style.colors.same: expected a colour such as "#0072B2", got nothing: write it in quotes, since # starts a comment',
    ),
    ("figures.style: {dpi: 5}", "figures.style.dpi: expected an integer from 50 to 600, got 5"),
    (
        "execution.fits_per_job: some",
        "execution.fits_per_job: expected 'auto' or an integer of at least 1, got 'some'",
    ),
    ("execution.device: gpu", "execution.device: expected 'auto', 'cpu' or 'cuda', got 'gpu'"),
    (
        "scores: {published: {file: scores.csv}}",
        "scores: cannot be given beside tasks: scores from elsewhere replace fits",
    ),
    ("learner: {}", "learner: unknown key; did you mean 'learners'?"),
    (
        "learners.mlp: {type: torch_mlp, class_weights: {oak: -1}}",
        "learners.mlp.class_weights.oak: expected a number of at least 0, got -1",
    ),
    (
        "learners.mlp: {type: torch_mlp, class_weights: balance}",
        "learners.mlp.class_weights: expected 'balanced' or a mapping of keys to values, such as {oak: 2, fir: 0.5}, got 'balance'",
    ),
    (
        "learners.lasso: {type: cv_glmnet, s: yes}",
        "learners.lasso.s: expected 'min', '1se', a number of at least 0 or a list, got true (YAML reads yes, no, on and off as true and false)",
    ),
    ("learners.lasso: ", "learners.lasso: expected a mapping of keys to values such as {type: cv_glmnet}, got null"),
    (
        "datasets.Digits: {tables: [{table: a.csv, part: ''}]}",
        "datasets.Digits.tables[0].part: expected non-empty text, got ''",
    ),
    (
        "datasets.Digits: {tables: [{table: a.csv}], shape: [28]}",
        "datasets.Digits.shape: expected a list of 2 to 3 values, got [28]",
    ),
    (
        'tasks.Mine: {table: "https://me:sec\'ret@example.org/a.csv", target: y}',
        "tasks.Mine.table: expected a URL without quotation marks; %27 and %22 stand for them",
    ),
    (
        "tasks.Mine: {table: 'https://me:sec?ret@example.org/a.csv', target: y}",
        "tasks.Mine.table: expected a URL whose port is a number; in a user or password %2F, %3F, %23 and %40 stand for / ? # @",
    ),
    ("execution.fit_minutes: .inf", "execution.fit_minutes: expected a number from 0.05 to 1000000, got .inf"),
    (
        r'tasks.Mine: {table: "my\0.csv", target: y}',
        "tasks.Mine.table: expected a URL or path, got a text with a null character",
    ),
    (
        "tasks.Mine: {table: my.csv, target: 2020-01-01}",
        "tasks.Mine.target: expected text, got 2020-01-01: if this is text, put it in quotes",
    ),
    (
        "tasks.Mine: {table: my.csv, target: y, subset: yes}",
        "tasks.Mine.subset: expected text, got true: if this is text, put it in quotes",
    ),
    ("figures.style: {caption: some}", "figures.style.caption: expected true or false, got 'some'"),
    (
        'figures.style: {colors: {sam: "#0072B2"}}',
        "figures.style.colors.sam: unknown key; did you mean 'same'?",
    ),
]


def changed(change):
    """The good config with one value in it changed."""
    path, value = change.split(": ", 1)
    config = copy.deepcopy(yaml.safe_load(GOOD))
    *parents, last = path.split(".")
    node = config
    for key in parents:
        node = node.setdefault(key, {})
    node[last] = yaml.safe_load(value)
    return config


@pytest.mark.parametrize(("change", "message"), CASES, ids=[change for change, _ in CASES])
def test_one_mistake(change, message):
    with pytest.raises(SoakError) as caught:
        load_config(changed(change))
    assert list(caught.value.args) == [message]


def test_a_key_that_is_called_like_the_type():
    """Pydantic names the type before the key: only the key is of the user's path."""
    config = changed("learners.knn: {type: estimator, estimator: sklearn.svm.SVC}")
    assert messages(config) == [
        "learners.knn.class: is missing",
        "learners.knn.estimator: unknown key; allowed: type, label, class, params, tune, scale",
    ]


def test_names_that_yaml_reads_as_numbers_or_truth_values():
    more = "  2: {type: featureless}\n  on: {type: featureless}\n  1.5: {type: featureless}\n  2020-01-02: {type: featureless}\n"
    config = yaml.safe_load(GOOD + more + "3: 4\n")
    assert messages(config) == [
        "learners.2: names must be text: write '2' in quotes",
        "learners.True: names must be text: write 'true' in quotes",
        "learners.1.5: names must be text: write '1.5' in quotes",
        "learners.2020-01-02: names must be text: write '2020-01-02' in quotes",
        "3: names must be text: write '3' in quotes",
    ]


def test_the_good_config_is_good():
    assert list(load_config(yaml.safe_load(GOOD)).tasks) == ["Both"]


def test_all_mistakes_are_reported_at_once_with_file_and_line(tmp_path):
    file = tmp_path / "my.yaml"
    file.write_text(
        "seed: {trian: 1}\n"
        "datasets:\n  Digits: {builtin: digit}\n"
        "tasks:\n  Both: {datasets: [Digits, Leters]}\n  Both: {datasets: [Digits]}\n"
        "learners: {knn: {type: estimator}}\n"
    )
    with pytest.raises(SoakError) as caught:
        load_config(yaml.safe_load(file.read_text()), [file])
    assert str(caught.value).splitlines() == [
        f"{file}:6: tasks.Both: this key is given twice (first in line 5); remove one of them",
        f"soak: {file}:1: seed.trian: unknown key; did you mean 'train'?",
        f"soak: {file}:3: datasets.Digits.builtin: expected 'digits', 'font_digits' or 'font_letters', got 'digit'",
        f"soak: {file}:7: learners.knn.class: is missing",
    ]


def test_what_yaml_reads_as_another_value_than_people_do(tmp_path):
    file = tmp_path / "my.yaml"
    file.write_text(
        "tasks:\n"
        "  Trees:\n"
        "    table: my.csv\n"
        "    target: y\n"
        "    where: {country: [NO, SE], zip: 01234, time: 1:30, flag: [true, FALSE], hex: 0x1F, zero: 0, text: '007'}\n"
        "    missing: [-99, 08]\n"  # 08 is no octal number, so text to YAML
        "    positive: yes\n"
        "learners:\n"
        "  tree: {type: estimator, class: sklearn.tree.DecisionTreeClassifier, params: {max_depth: 010}}\n"
        "labels: {subsets: {NO: Norway, true: Agreed}}\n"
        "figures: {titles: no}\n"
    )
    with pytest.raises(SoakError) as caught:
        load_config(yaml.safe_load(file.read_text()), [file], [file.name])
    number = "else a number without leading zeros and colons"
    assert str(caught.value).replace("soak: my.yaml:", "my.yaml:").splitlines() == [
        f"my.yaml:5: tasks.Trees.where.zip: YAML reads 01234 as 668; write '01234' in quotes if it is text, {number}",
        f"my.yaml:5: tasks.Trees.where.time: YAML reads 1:30 as 90; write '1:30' in quotes if it is text, {number}",
        f"my.yaml:9: learners.tree.params.max_depth: YAML reads 010 as 8; write '010' in quotes if it is text, {number}",
        "my.yaml:10: labels.subsets.False: YAML reads NO as false; write 'NO' in quotes if it is text, else false",
        "my.yaml:5: tasks.Trees.where.country[0]: YAML reads NO as false; write 'NO' in quotes if it is text, else false",
        "my.yaml:7: tasks.Trees.positive: YAML reads yes as true; write 'yes' in quotes if it is text, else true",
    ]


def test_parts_that_are_right_are_checked_against_each_other_though_others_are_wrong():
    config = changed("tasks.Both.datasets: [Letters, Digit]") | {"seed": {"trian": 1}}
    with pytest.raises(SoakError) as caught:
        load_config(config)
    assert list(caught.value.args) == [
        "seed.trian: unknown key; did you mean 'train'?",
        "tasks.Both.datasets[1]: there is no data set 'Digit'; did you mean 'Digits'?",
    ]


def messages(config):
    with pytest.raises(SoakError) as caught:
        load_config(config)
    return list(caught.value.args)


def test_a_learner_that_cannot_do_its_task():
    config = yaml.safe_load(GOOD)
    config["learners"]["ridge"] = {"type": "estimator", "class": "sklearn.linear_model.Ridge"}
    config["tasks"]["Both"]["learners"] = ["featureless", "ridge"]
    config["learners"]["mlp"] = {"type": "torch_mlp", "loss": {"huber_loss": {"delta": 1}}}
    config["tasks"]["Both"]["learners"].append("mlp")
    assert messages(config) == [
        "tasks.Both.learners[1]: learner 'ridge' cannot do classification: "
        "class: sklearn.linear_model.Ridge is for regression",
        "tasks.Both.learners[2]: learner 'mlp' cannot do classification: "
        "loss: huber_loss is for regression; for classification there are cross_entropy, multi_margin_loss",
    ]


def test_two_learners_that_report_as_one_algorithm():
    config = yaml.safe_load(GOOD)
    config["learners"] |= {"lasso": {"type": "cv_glmnet"}, "lasso_min": {"type": "featureless"}}
    assert messages(config) == [
        "learners.lasso_min: reports as 'lasso_min', as learner 'lasso' does; rename one of them"
    ]


def test_a_config_of_wrong_parts_only():
    """No part is right: nothing is left to be checked against the others."""
    assert messages({"seed": 1, "datasets": 2, "tasks": 3, "learners": 4}) == [
        "seed: expected a mapping of keys to values such as {resampling: 1, train: 1}, got 1",
        "datasets: expected a mapping of keys to values such as {Digits: {builtin: digits}}, got 2",
        "tasks: expected a mapping of keys to values such as "
        "{Trees: {table: my.csv, target: species, subset: region}}, got 3",
        "learners: expected a mapping of keys to values such as {cv_glmnet: {type: cv_glmnet}}, got 4",
    ]


def test_what_suits_no_task_is_reported_once_the_tasks_are_known():
    config = yaml.safe_load(GOOD)
    config["learners"]["ridge"] = {"type": "estimator", "class": "sklearn.linear_model.Ridge"}
    config["measures"] = ["zero_one_loss", "r2"]
    assert messages(config) == [
        "learners.ridge: suits no task of this config (classification): class: sklearn.linear_model.Ridge is for "
        "regression; change it, or remove the learner",
        "measures[1]: r2 suits no task of this config (classification)",
    ]


@pytest.mark.parametrize(
    ("common", "of_trees", "of_plots", "task", "first", "then", "told"),
    [
        (None, ["r2", "max_error"], ["max_error", "r2"], "Plots", "r2", "max_error", "Trees"),
        (["r2", "max_error"], ["max_error", "r2"], None, "Trees", "r2", "max_error", "Plots"),
        (None, None, ["mean_absolute_error", "mean_squared_error"], "Plots", "mean_squared_error", "mean_absolute_error", "Trees"),
    ],
)  # fmt: skip
def test_two_tasks_have_two_measures_in_one_order(common, of_trees, of_plots, task, first, then, told):
    """The verdict of one of them would go by the other's first measure."""
    config = yaml.safe_load(GOOD)
    config["tasks"] = {
        name: {"table": "my.csv", "target": "y", "type": "regression"} | ({"measures": measures} if measures else {})
        for name, measures in (("Trees", of_trees), ("Plots", of_plots))
    }
    if common:
        config["measures"] = common
    assert messages(config) == [
        f"tasks.{task}.measures: expected {first} before {then}, as in task {told}, or without {first}: the first measure of "
        "a task decides its verdict, and tables and figures have one order of measures"
    ]


@pytest.mark.parametrize(
    ("learner", "why"),
    [
        (
            {"type": "torch_mlp", "loss": "cross_entropy"},
            "loss: cross_entropy is for classification; for regression there are mse_loss, l1_loss, smooth_l1_loss, "
            "huber_loss",
        ),
        ({"type": "torch_mlp", "class_weights": "balanced"}, "class_weights: are for classification"),
        ({"type": "cv_glmnet", "type_measure": "auc"}, "type_measure: auc is for classification"),
    ],
)
def test_the_key_for_which_a_learner_suits_no_task_is_messages(learner, why):
    config = yaml.safe_load(GOOD)
    config["tasks"] = {"Trees": {"table": "my.csv", "target": "y", "type": "regression"}}
    config["learners"]["one"] = learner
    assert messages(config) == [
        f"learners.one: suits no task of this config (regression): {why}; change it, or remove the learner"
    ]


@pytest.mark.parametrize(
    "learner", [{"type": "featureless"}, {"type": "estimator", "class": "sklearn.linear_model.LinearRegression"}]
)
def test_a_learner_that_no_task_names(learner):
    config = yaml.safe_load(GOOD)
    config["tasks"] = {"Trees": {"table": "my.csv", "target": "y", "learners": list(config["learners"])}}
    config["learners"]["one"] = learner
    assert messages(config) == [
        "learners.one: belongs to no task: every task names its learners, and none names this one; name it, or remove it"
    ]


def test_a_missing_font_is_reported_with_file_and_line(tmp_path):
    file = tmp_path / "my.yaml"
    file.write_text(GOOD + "figures:\n  style:\n    font: Nowhere\n")
    with pytest.raises(SoakError) as caught:
        load_config(yaml.safe_load(file.read_text()), [file])
    assert str(caught.value).startswith(
        f"{file}:11: figures.style.font: expected an installed font, got 'Nowhere'; installed: "
    )


def test_a_job_of_a_run_looks_for_no_font():
    """It may run on a machine that draws nothing."""
    assert load_config(changed("figures.style: {font: Nowhere}"), in_job=True).figures.style.font == "Nowhere"


def settings(learner):
    config, problems = parse(changed(f"learners.one: {learner}"))
    assert problems == []
    return config.learners["one"]


def test_numbers_that_pyyaml_leaves_as_text_are_numbers():
    mlp = settings(
        "{type: torch_mlp, optimizer: {adam: {lr: 1e-3, betas: [9E-1, .999]}}, loss: {huber_loss: {delta: 1.5e0}}}"
    )
    assert mlp.optimizer == {"adam": {"lr": 1e-3, "betas": [0.9, 0.999]}}
    assert mlp.loss == {"huber_loss": {"delta": 1.5}}
    estimator = settings(
        "{type: estimator, class: a.B, params: {a: 1e-3, b: -.5, c: '0.1', d: e3, e: '10'}, tune: {f: [1e2, x]}}"
    )
    assert estimator.params == {"a": 1e-3, "b": -0.5, "c": "0.1", "d": "e3", "e": "10"}
    assert estimator.tune == {"f": [100.0, "x"]}
    assert isinstance(estimator.tune["f"][0], float)
    graph = settings("{type: torch_graph, graph: [{batch_norm: {eps: 1e-4}}, relu, {linear: 3}, head]}")
    assert graph.graph == [{"batch_norm": {"eps": 1e-4}}, "relu", {"linear": 3}, "head"]


def test_a_name_alone_has_no_arguments():
    mlp = settings("{type: torch_mlp, optimizer: adam, scheduler: {constant_lr: }, loss: l1_loss}")
    assert (mlp.optimizer, mlp.scheduler, mlp.loss) == ({"adam": {}}, {"constant_lr": {}}, "l1_loss")
