"""One update of direct preference optimisation for each line that it reads, by transformers on PyTorch.

    python preferences_worker.py MODEL.gguf WORK.json THREADS

Low-rank changes of all projections, two rows a pair, some pairs at once padded to their longest answer, logits of all positions, as trainers
of preferences commonly have it. The counterpart of `bench/preferences-worker.js`.
"""

import json
import os
import resource
import sys
import time
from pathlib import Path

os.environ["TQDM_DISABLE"] = "1"

import torch
from torch import nn
from torch.nn import functional as F
from transformers import LlamaForCausalLM

torch.set_num_threads(int(sys.argv[3]))
torch.manual_seed(0)
path, work = Path(sys.argv[1]), json.loads(Path(sys.argv[2]).read_text())
rank, beta, padding, at_once = work["loraRank"], work["beta"], work["padding"], work["pairsAtOnce"]


class LowRank(nn.Module):
    """A frozen linear layer beside two thin ones."""

    def __init__(self, base: nn.Linear):
        super().__init__()
        self.base = base
        bound = base.in_features**-0.5
        self.a = nn.Parameter(torch.empty(rank, base.in_features).uniform_(-bound, bound))
        self.b = nn.Parameter(torch.zeros(base.out_features, rank))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.base(x) + 2 * F.linear(F.linear(x, self.a), self.b)


model = LlamaForCausalLM.from_pretrained(path.parent, gguf_file=path.name, dtype=torch.float32)
model.requires_grad_(False)
model.config.use_cache = False
for layer in model.model.layers:
    for block in (layer.self_attn, layer.mlp):
        for name, child in list(block.named_children()):
            if isinstance(child, nn.Linear):
                setattr(block, name, LowRank(child))
trained = [p for p in model.parameters() if p.requires_grad]
optimizer = torch.optim.AdamW(trained, lr=work["learningRate"], betas=(0.9, 0.98), weight_decay=0)


def backward(pairs: list, share: float) -> float:
    """Gradients of the mean loss of some pairs, times their share of the update."""
    sides = ("chosen", "rejected")
    answers = [pair[side] for side in sides for pair in pairs]
    longest = max(len(a["prompt"]) + len(a["answer"]) for a in answers)
    ids = torch.full((len(answers), longest), padding)
    counted = torch.zeros(len(answers), longest - 1)
    mask = torch.zeros(len(answers), longest - 1, dtype=torch.long)
    for row, answer in enumerate(answers):
        start, size = len(answer["prompt"]), len(answer["prompt"]) + len(answer["answer"])
        ids[row, :size] = torch.tensor(answer["prompt"] + answer["answer"])
        counted[row, start - 1 : size - 1] = 1
        mask[row, : size - 1] = 1
    logits = model(ids[:, :-1], attention_mask=mask).logits
    losses = F.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten(), reduction="none").view(counted.shape)
    gains = -(losses * counted).sum(-1) - torch.tensor([a["reference"] for a in answers], dtype=torch.float32)
    chosen, rejected = gains.chunk(2)
    loss = share * F.softplus(-beta * (chosen - rejected)).mean()
    loss.backward()
    return loss.item()


def update(pairs: list) -> float:
    parts = [pairs[i : i + at_once] for i in range(0, len(pairs), at_once)]
    loss = sum(backward(part, len(part) / len(pairs)) for part in parts)
    nn.utils.clip_grad_norm_(trained, 1.0)
    optimizer.step()
    optimizer.zero_grad()
    return loss


for pairs in work["updates"]:
    if not sys.stdin.readline():
        break
    wall, cpu = time.perf_counter(), time.process_time()
    loss = update(pairs)
    timed = {"wall": 1000 * (time.perf_counter() - wall), "cpu": 1000 * (time.process_time() - cpu)}
    peak = 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({**timed, "loss": loss, "peakRss": peak}), flush=True)
