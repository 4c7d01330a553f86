"""Knowledge tracer: embedding, GRU, a logit per skill, binary cross-entropy of the next answer under a mask.

An interaction is skill + skills * correct. Gate order in `gru.*_l0` is reset, update, new, as in `torch.nn.GRU`.
"""

import torch.nn.functional as F
from torch import nn

CONFIG = {"skills": 12, "embedding": 16, "hidden": 20}
OPTIMIZER = {"learningRate": 0.005, "betas": [0.9, 0.999], "epsilon": 1e-6, "weightDecay": 0.01}
BATCH = [
    {"name": "interactions", "dtype": "int64", "shape": [6, 15], "kind": "integers", "low": 0, "high": 24},
    {"name": "next_skills", "dtype": "int64", "shape": [6, 15], "kind": "integers", "low": 0, "high": 12},
    {"name": "next_correct", "dtype": "float32", "shape": [6, 15], "kind": "integers", "low": 0, "high": 2},
    {"name": "mask", "dtype": "float32", "shape": [6, 15], "kind": "prefix", "low": 5, "high": 16},
]


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(2 * CONFIG["skills"], CONFIG["embedding"])
        self.gru = nn.GRU(CONFIG["embedding"], CONFIG["hidden"], batch_first=True)
        self.output = nn.Linear(CONFIG["hidden"], CONFIG["skills"])

    def forward(self, interactions):
        states, _ = self.gru(self.embedding(interactions))
        return self.output(states)  # [batch, time, skills]


def loss(model, batch):
    logits = model(batch["interactions"]).gather(2, batch["next_skills"].unsqueeze(2)).squeeze(2)
    each = F.binary_cross_entropy_with_logits(logits, batch["next_correct"], reduction="none")
    return (each * batch["mask"]).sum() / batch["mask"].sum()
