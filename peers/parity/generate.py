"""Writes the parity fixtures: `python generate.py [name ...]`."""

import copy
import math
import pathlib
import sys

import torch

import convnet
import dpo
import dual_encoder
import gpt
import grpo
import gru
import mlp
import sft
import training
import vit
from json_lines import dump

MODELS = {
    "mlp": mlp,
    "convnet": convnet,
    "vit": vit,
    "gpt": gpt,
    "gru": gru,
    "dual-encoder": dual_encoder,
    "sft": sft,
    "dpo": dpo,
    "grpo": grpo,
}
FOLDER = pathlib.Path(__file__).parents[2] / "packages/engine/test/fixtures/parity"
STEPS = 100


def statistics(tensor):
    values = tensor.detach().double()
    return {"mean": values.mean().item(), "norm": values.norm().item()}


def final_statistics(model, double):
    """Statistics of the trained parameters, without those that rounding alone decides.

    The bias of a key projection, say, has gradient zero, and AdamW blows its rounding error up to full steps.
    """
    reference = {name: statistics(value) for name, value in double.named_parameters()}
    found = {name: statistics(value) for name, value in model.named_parameters()}
    return {
        name: value
        for name, value in found.items()
        if all(math.isclose(value[key], reference[name][key], rel_tol=1e-3, abs_tol=1e-4) for key in value)
    }


def running_statistics(model):
    return {name: value.tolist() for name, value in model.named_buffers() if "running" in name}


def fixture(name, definition):
    model = definition.Model()
    training.initialise(model, name)
    data = training.batches(name, definition.BATCH)
    rules = training.parameter_rules(model)
    double = copy.deepcopy(model).double()
    steps = getattr(definition, "STEPS", STEPS)
    losses, _, _ = training.train(model, definition.loss, data, definition.OPTIMIZER, steps)
    reference, gradients, whole = training.train(
        double, definition.loss, [training.in_double(batch) for batch in data], definition.OPTIMIZER, steps
    )
    return {
        "name": name,
        "config": definition.CONFIG,
        "parameters": rules,
        "batch": definition.BATCH,
        "batches": len(data),
        "optimizer": definition.OPTIMIZER,
        "rounding": training.rounding(losses, reference),
        "losses": losses,
        "gradientNorms": gradients,
        "stepNorms": whole,
        "final": final_statistics(model, double),
        "runningStatistics": running_statistics(model),
    }


def main():
    torch.set_num_threads(1)
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in sys.argv[1:] or MODELS:
        result = fixture(name, MODELS[name])
        (FOLDER / f"{name}.json").write_text(dump(result))
        first, last = result["losses"][0], result["losses"][-1]
        print(f"{name}: loss {first:.4f} to {last:.4f}, rounding {result['rounding']:.1e}")


if __name__ == "__main__":
    main()
