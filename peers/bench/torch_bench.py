"""Benchmark worker: one JSON request a line on stdin, one JSON reply a line on stdout (see the README).

`python torch_bench.py [--compile]`
"""

import json
import pathlib
import resource
import sys
import time

import torch

import torch_models

WARM_UP_STEPS = 3
SPEC = json.loads((pathlib.Path(__file__).parent / "workloads.json").read_text(encoding="utf-8"))


class Trainer:
    """A workload with its parameters, optimizer state and one batch."""

    def __init__(self, name, compiled):
        self.name = name
        torch.manual_seed(0)
        spec = SPEC["workloads"][name]
        model, loss = torch_models.build(spec)
        self.parameters = sum(p.numel() for p in model.parameters())
        self.loss = torch.compile(loss) if compiled else loss
        self.model, self.batch = model, torch_models.make_batch(spec)
        settings = SPEC["optimizer"]
        self.optimizer = torch.optim.AdamW(
            model.parameters(),
            lr=settings["learningRate"],
            betas=tuple(settings["betas"]),
            eps=settings["epsilon"],
            weight_decay=settings["weightDecay"],
            fused=True,
        )
        self.run(WARM_UP_STEPS)

    def run(self, steps):
        """Wall and CPU milliseconds of each whole step, and the last loss."""
        wall, cpu, loss = [], [], None
        for _ in range(steps):
            wall_start, cpu_start = time.perf_counter(), time.process_time()
            value = self.loss(self.model, self.batch)
            value.backward()
            self.optimizer.step()
            self.optimizer.zero_grad()
            loss = value.item()
            wall.append(1e3 * (time.perf_counter() - wall_start))
            cpu.append(1e3 * (time.process_time() - cpu_start))
        return {"wall": wall, "cpu": cpu, "loss": loss}


def matmul_peak():
    """Best GFLOP/s of a square product, by size."""
    found = {}
    for n in (256, 512, 1024):
        a, b = torch.randn(n, n), torch.randn(n, n)
        best = float("inf")
        for _ in range(max(10, 2**33 // n**3)):
            start = time.perf_counter()
            torch.mm(a, b)
            best = min(best, time.perf_counter() - start)
        found[n] = 2 * n**3 / best / 1e9
    return found


def main():
    compiled = "--compile" in sys.argv[1:]
    trainer = None
    for line in sys.stdin:
        request = json.loads(line)
        name, threads = request["workload"], request["threads"]
        torch.set_num_threads(threads)
        reply = {"peer": f"torch {torch.__version__}", "workload": name, "threads": threads}
        if name == "matmul_peak":
            reply |= {"gflops": matmul_peak()}
        elif name not in SPEC["workloads"]:
            reply |= {"unsupported": f"unknown workload: {name}"}
        else:
            if trainer is None or trainer.name != name:
                trainer = None  # frees the memory of the one before
                trainer = Trainer(name, compiled)
            reply |= trainer.run(request["steps"])
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
            reply |= {"parameters": trainer.parameters, "peakRss": peak}
        print(json.dumps(reply), flush=True)


if __name__ == "__main__":
    main()
