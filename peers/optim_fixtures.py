"""Writes packages/engine/test/fixtures/optim.json: what PyTorch makes of 20 updates and of its schedulers.

    python peers/optim_fixtures.py        (made with PyTorch 2.13)

Gradients are given, not computed; PyTorch runs in float64 from float32 inputs, so that the distance to these numbers is
the float32 error of whoever is tested.
"""

import json
from pathlib import Path

import torch

SIZES = [1, 3, 4, 17, 64]
STEPS = 20


class Lion(torch.optim.Optimizer):
    """Chen et al. 2023, Algorithm 2."""

    def __init__(self, params, lr, betas, weight_decay):
        super().__init__(params, {"lr": lr, "betas": betas, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            b1, b2 = group["betas"]
            for p in group["params"]:
                m = self.state[p].setdefault("exp_avg", torch.zeros_like(p))
                direction = (b1 * m + (1 - b1) * p.grad).sign()
                p.sub_(group["lr"] * (direction + group["weight_decay"] * p))
                m.mul_(b2).add_(p.grad, alpha=1 - b2)


OPTIMIZERS = {
    "sgd": (torch.optim.SGD, {"lr": 0.05, "weight_decay": 0.01}),
    "momentum": (torch.optim.SGD, {"lr": 0.05, "momentum": 0.9, "dampening": 0.3, "weight_decay": 0.01}),
    "nesterov": (torch.optim.SGD, {"lr": 0.05, "momentum": 0.9, "nesterov": True}),
    "adam": (torch.optim.Adam, {"lr": 0.02, "betas": (0.8, 0.95), "eps": 1e-6, "weight_decay": 0.1}),
    "adamw": (torch.optim.AdamW, {"lr": 0.02, "weight_decay": 0.3}),
    "adagrad": (
        torch.optim.Adagrad,
        {"lr": 0.1, "lr_decay": 0.05, "initial_accumulator_value": 0.2, "weight_decay": 0.01},
    ),
    "lion": (Lion, {"lr": 0.01, "betas": (0.9, 0.99), "weight_decay": 0.2}),
}

SCHEDULERS = {
    "step": lambda o: torch.optim.lr_scheduler.StepLR(o, 7, 0.5),
    "polynomial": lambda o: torch.optim.lr_scheduler.PolynomialLR(o, 30, 2.0),
    "cosine": lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, 40, 0.1),
    "restarts": lambda o: torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(o, 5, 2, 0.1),
    "oneCycle": lambda o: torch.optim.lr_scheduler.OneCycleLR(o, 1.0, 40),
    "triangular": lambda o: torch.optim.lr_scheduler.CyclicLR(o, 0.2, 1.0, 6, cycle_momentum=False),
    "triangular2": lambda o: torch.optim.lr_scheduler.CyclicLR(
        o, 0.2, 1.0, 6, mode="triangular2", cycle_momentum=False
    ),
    "exponential": lambda o: torch.optim.lr_scheduler.CyclicLR(
        o, 0.2, 1.0, 6, mode="exp_range", gamma=0.97, cycle_momentum=False
    ),
}


def rounded(tensor, digits):
    return [round(x, digits) for x in tensor.double().tolist()]


def trajectory(make, settings, initial, gradients):
    params = [torch.tensor(x).double().requires_grad_() for x in initial]
    optimizer = make(params, **settings)
    for step in gradients:
        for p, g in zip(params, step):
            p.grad = torch.tensor(g).double()
        optimizer.step()
    return [rounded(p.detach(), 9) for p in params]


def schedule(make):
    p = torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.SGD([p], lr=1.0)
    scheduler = make(optimizer)
    values = []
    for _ in range(40):
        values.append(round(optimizer.param_groups[0]["lr"], 12))
        optimizer.step()
        scheduler.step()
    return values


torch.manual_seed(0)
initial = [rounded(torch.randn(n), 3) for n in SIZES]
gradients = [[rounded(torch.randn(n), 3) for n in SIZES] for _ in range(STEPS)]
fixture = {
    "initial": initial,
    "gradients": gradients,
    "final": {
        name: trajectory(make, settings, initial, gradients) for name, (make, settings) in OPTIMIZERS.items()
    },
    "schedules": {name: schedule(make) for name, make in SCHEDULERS.items()},
}
target = Path(__file__).parent.parent / "packages/engine/test/fixtures/optim.json"
target.write_text(json.dumps(fixture, separators=(",", ":")) + "\n")
