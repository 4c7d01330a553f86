"""What the parity runs of language objectives share: the causal model of `gpt.py`, answers with masks, and log-probabilities."""

import torch

import gpt

CONFIG, Model = gpt.CONFIG, gpt.Model
OPTIMIZER = {"learningRate": 0.001, "betas": [0.9, 0.95], "epsilon": 1e-8, "weightDecay": 0.1}
STEPS = 20
LENGTH = 16


def tokens(name, rows):
    high = CONFIG["vocabulary"]
    return {"name": name, "dtype": "int64", "shape": [rows, LENGTH], "kind": "integers", "low": 0, "high": high}


def mask(name, rows):
    return {"name": name, "dtype": "float32", "shape": [rows, LENGTH], "kind": "prefix", "low": 3, "high": LENGTH + 1}


def numbers(name, shape, center, scale):
    return {"name": name, "dtype": "float32", "shape": shape, "kind": "uniform", "center": center, "scale": scale}


def token_log_probabilities(model, read, following):
    """[rows, length]: log-probability of each following token."""
    logs = model(read).log_softmax(dim=-1)
    return logs.gather(-1, following.unsqueeze(-1)).squeeze(-1)
