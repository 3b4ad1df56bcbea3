"""From data sets and tables to a task: its rows, features and roles in one file.

settings what a config says of a task
table    a table of any format, read block by block
columns  what the columns of a table hold: their types, inferred from all rows
roles    which columns are target, subset, group, stratum, fold, weights and features, and the values of the roles
features from columns to a matrix of features
build    a task made of a table or of data sets
task     the task itself, as all later steps open it
"""
