-- Run once, when the database is empty: MLflow keeps its tables beside ours, not among them.
CREATE DATABASE mlflow OWNER kolmatch;
