# R's cv.glmnet with the parameters that mlr3learners passes on to it, for the cases of a JSON-lines file.
# Usage: Rscript cv_glmnet_parameters.R CASES.jsonl ANSWERS.jsonl
# As mlr3learners does: levels of classes reversed, features in their order, set.seed right before cv.glmnet.
library(jsonlite)
suppressPackageStartupMessages(library(glmnet))
args <- commandArgs(TRUE)
by_name <- function(values, names, default) {
  if (is.null(values)) return(rep(default, length(names)))
  if (is.null(names(values))) return(rep(as.numeric(values), length(names)))
  found <- rep(default, length(names))
  found[match(names(values), names)] <- as.numeric(unlist(values))
  found
}
answer <- function(case) {
  names <- vapply(case$x, `[[`, "", "name")
  x <- sapply(case$x, function(column) as.numeric(unlist(column$values)))
  colnames(x) <- names
  family <- c(regression = "gaussian", binary = "binomial", multi = "multinomial")[[case$family]]
  y <- if (family == "gaussian") as.numeric(unlist(case$y)) else factor(unlist(case$y), rev(unlist(case$classes)))
  p <- case$settings
  train <- unlist(case$train) + 1L
  test <- unlist(case$test) + 1L
  call <- list(x = x[train, ], y = y[train], family = family, nfolds = p$folds)
  if (!is.null(case$w)) call$weights <- as.numeric(unlist(case$w))[train]
  if (!is.null(p$alpha)) call$alpha <- p$alpha
  if (!is.null(p$standardize)) call$standardize <- p$standardize
  if (!is.null(p$type_measure)) call$type.measure <- p$type_measure
  if (!is.null(p[["lambda"]])) call$lambda <- as.numeric(unlist(p[["lambda"]]))
  if (!is.null(p$lambda_min_ratio)) call$lambda.min.ratio <- p$lambda_min_ratio
  if (!is.null(p$penalty_factor)) call$penalty.factor <- by_name(p$penalty_factor, names, 1)
  if (!is.null(p$lower_limits)) call$lower.limits <- by_name(p$lower_limits, names, -Inf)
  if (!is.null(p$upper_limits)) call$upper.limits <- by_name(p$upper_limits, names, Inf)
  if (!is.null(p$intercept)) call$intercept <- p$intercept
  if (!is.null(p$type_multinomial)) call$type.multinomial <- p$type_multinomial
  if (!is.null(p$dfmax)) call$dfmax <- p$dfmax
  if (!is.null(p$exclude)) call$exclude <- match(unlist(p$exclude), names)
  set.seed(case$seed)
  m <- do.call(cv.glmnet, call)
  out <- list(lambda = m$lambda, cvm = m$cvm, cvsd = m$cvsd, nzero = unname(m$nzero), lambda_min = m$lambda.min,
    lambda_1se = m$lambda.1se)
  for (s in c("lambda.min", "lambda.1se")) {
    fitted <- predict(m, x[test, ], s = s, type = "response")
    if (family == "gaussian") out[[s]] <- list(response = unname(fitted[, 1]))
    else {
      prob <- if (family == "binomial") cbind(fitted[, 1], 1 - fitted[, 1]) else fitted[, length(case$classes):1, 1]
      out[[s]] <- list(prob = unname(prob))
    }
  }
  out
}
con <- file(args[1], "r", encoding = "UTF-8"); out <- file(args[2], "w", encoding = "UTF-8")
while (length(line <- readLines(con, 1))) {
  case <- fromJSON(line, simplifyVector = FALSE)
  result <- tryCatch(suppressWarnings(answer(case)), error = function(e) list(error = conditionMessage(e)))
  result$id <- case$id
  writeLines(toJSON(result, digits = NA, na = "string"), out)
}
close(con); close(out)
