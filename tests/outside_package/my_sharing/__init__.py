"""A strategy, a regularizer, a model and a data set of one's own for sharegap."""
