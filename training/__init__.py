"""How a bundle is made: pairs, encoder training, fitted weights, evaluation, MLflow.

Read `training/pipeline.py` first: it is the whole job, from catalogue to registered bundle.
"""
