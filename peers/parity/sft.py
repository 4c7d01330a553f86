"""Supervised fine-tuning: cross-entropy of the counted tokens alone."""

import answers
from answers import CONFIG, OPTIMIZER, STEPS, Model

BATCH = [answers.tokens("tokens", 4), answers.tokens("next", 4), answers.mask("counted", 4)]


def loss(model, batch):
    logs = answers.token_log_probabilities(model, batch["tokens"], batch["next"])
    return -(logs * batch["counted"]).sum() / batch["counted"].sum()
