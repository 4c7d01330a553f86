"""Direct preference optimisation, with log-probabilities of a reference that were computed beforehand."""

import torch.nn.functional as F

import answers
from answers import CONFIG, OPTIMIZER, STEPS, Model

PAIRS = 4
BETA = 0.1
BATCH = [
    answers.tokens("tokens", 2 * PAIRS),
    answers.tokens("next", 2 * PAIRS),
    answers.mask("counted", 2 * PAIRS),
    answers.numbers("reference", [2 * PAIRS], -30, 10),
]


def loss(model, batch):
    """The first half of the rows are the chosen answers."""
    logs = answers.token_log_probabilities(model, batch["tokens"], batch["next"])
    ratios = (logs * batch["counted"]).sum(dim=-1) - batch["reference"]
    return -F.logsigmoid(BETA * (ratios[:PAIRS] - ratios[PAIRS:])).mean()
