"""Writes the import fixtures, ONNX exports with the losses of fine-tuning them in PyTorch: `python generate_imports.py`."""

import copy
import pathlib

import onnx
import torch
from onnx import numpy_helper

import imported
import training
from json_lines import dump

FOLDER = pathlib.Path(__file__).parents[2] / "packages/engine/test/fixtures/import"
STEPS = 50


def initialise(model, name):
    """Parameters by rule; running statistics too, away from the zeros and ones that would hide a mistake."""
    training.initialise(model, name)
    for key, value in model.named_buffers():
        if "running" in key:
            rule = {"name": key, "shape": list(value.shape), "center": int("var" in key), "scale": 0.3}
            value.copy_(training.materialise(name, rule))


def export(model, inputs, definition, path, dynamo):
    """Writes the ONNX file, without the source paths that the exporter records in it."""
    axes = {name: definition["dynamic"] for name in definition["inputs"]}
    if dynamo:
        settings = {"external_data": False, "dynamic_shapes": axes, "optimize": definition["fold"]}
    else:
        mode = torch.onnx.TrainingMode.EVAL if definition["fold"] else torch.onnx.TrainingMode.PRESERVE
        settings = {
            "dynamic_axes": axes | {"logits": {0: "batch"}},
            "training": mode,
            "do_constant_folding": definition["fold"],
        }
    names = {"input_names": definition["inputs"], "output_names": ["logits"]}
    torch.onnx.export(model, inputs, path, dynamo=dynamo, verbose=False, **names, **settings)
    proto = onnx.load(path)
    for node in proto.graph.node:
        node.doc_string = ""
        del node.metadata_props[:]
    for value in [*proto.graph.value_info, *proto.graph.input, *proto.graph.output, *proto.graph.initializer]:
        value.doc_string = ""
        del value.metadata_props[:]
    del proto.graph.metadata_props[:]
    onnx.save(proto, path)
    return proto


def mapping(model, proto):
    """Which initializer holds each parameter, and whether transposed: found by value."""
    initializers = {one.name: numpy_helper.to_array(one) for one in proto.graph.initializer}

    def find(parameter):
        for name, value in initializers.items():
            for transposed in (False, True):
                wanted = parameter.T if transposed else parameter
                if value.shape == wanted.shape and (value == wanted).all():
                    return {"initializer": name, "transposed": transposed}
        raise LookupError(f"the export dropped or changed a parameter of shape {parameter.shape}")

    return {name: find(value.detach().numpy()) for name, value in model.named_parameters()}


def fixture(name, definition):
    model = definition["model"]().eval()
    initialise(model, name)
    data = training.batches(name, definition["batch"])
    inputs = tuple(data[0][key] for key in definition["inputs"])
    files = {}
    for file, dynamo in ((f"{name}.onnx", True), (f"{name}-legacy.onnx", False)):
        files[file] = mapping(model, export(model, inputs, definition, FOLDER / file, dynamo))
    with torch.no_grad():
        outputs = model(*inputs)
    double = copy.deepcopy(model).double()
    losses, _, _ = training.train(model, definition["loss"], data, imported.OPTIMIZER, STEPS)
    doubles = [training.in_double(batch) for batch in data]
    reference, gradients, _ = training.train(double, definition["loss"], doubles, imported.OPTIMIZER, STEPS)
    return {
        "name": name,
        "config": definition["config"],
        "inputs": definition["inputs"],
        "batch": definition["batch"],
        "batches": len(data),
        "optimizer": imported.OPTIMIZER,
        "rounding": training.rounding(losses, reference),
        "outputs": outputs.flatten().tolist(),
        "losses": losses,
        "gradientNorms": gradients,
        "files": [{"file": file, "parameters": parameters} for file, parameters in files.items()],
    }


def main():
    torch.set_num_threads(1)
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, definition in imported.MODELS.items():
        result = fixture(name, definition)
        (FOLDER / f"{name}.json").write_text(dump(result))
        first, last = result["losses"][0], result["losses"][-1]
        print(f"{name}: loss {first:.4f} to {last:.4f}, rounding {result['rounding']:.1e}")


if __name__ == "__main__":
    main()
