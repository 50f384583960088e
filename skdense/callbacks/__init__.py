"""Called at each epoch: scikit-learn's callbacks, scorers, progress, the log, the time limit."""
