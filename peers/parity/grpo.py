"""Group-relative policy optimisation on stored rollouts: clipped surrogate, mean of answers, and the estimate of KL to a reference."""

import torch

import answers
from answers import CONFIG, OPTIMIZER, STEPS, Model

ANSWERS = 6
LOW, HIGH, KL = 0.2, 0.28, 0.04
BATCH = [
    answers.tokens("tokens", ANSWERS),
    answers.tokens("next", ANSWERS),
    answers.mask("counted", ANSWERS),
    answers.numbers("drawn", [ANSWERS, answers.LENGTH], -3.6, 0.8),
    answers.numbers("reference", [ANSWERS, answers.LENGTH], -3.6, 0.8),
    answers.numbers("advantages", [ANSWERS], 0, 1.5),
]


def loss(model, batch):
    logs = answers.token_log_probabilities(model, batch["tokens"], batch["next"])
    ratio = (logs - batch["drawn"]).exp()
    advantages = batch["advantages"].unsqueeze(-1)
    surrogate = torch.minimum(ratio * advantages, ratio.clamp(1 - LOW, 1 + HIGH) * advantages)
    difference = batch["reference"] - logs
    tokens = KL * (difference.exp() - difference - 1) - surrogate
    counted = batch["counted"]
    return ((tokens * counted).sum(dim=-1) / counted.sum(dim=-1)).mean()
