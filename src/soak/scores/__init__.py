"""From predictions to answers: scores, means and t tests over folds, verdicts in words; or scores from elsewhere."""
