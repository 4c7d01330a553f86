"""`python generator_test.py`: the known answers that the TypeScript generator is tested with too."""

import json
import pathlib
import unittest

import numpy as np

import generator

FILE = pathlib.Path(__file__).parents[2] / "packages/engine/test/fixtures/parity/generator.json"
KNOWN = json.loads(FILE.read_text(encoding="utf-8"))


class KnownAnswers(unittest.TestCase):
    def test_fnv1a(self):
        for seed, value in KNOWN["fnv1a"].items():
            self.assertEqual(generator.fnv1a(seed), value)

    def test_hash32(self):
        for seed, values in KNOWN["hash32"].items():
            self.assertEqual(generator.hash32(seed, len(values)).tolist(), values)
        checksum = KNOWN["checksum"]
        self.assertEqual(np.bitwise_xor.reduce(generator.hash32(checksum["seed"], checksum["size"])), checksum["xor"])

    def test_uniform(self):
        case = KNOWN["uniform"]
        values = generator.uniform(case["seed"], case["shape"], case["center"], case["scale"])
        self.assertEqual(values.ravel().tolist(), case["values"])

    def test_integers(self):
        case = KNOWN["integers"]
        values = generator.integers(case["seed"], case["shape"], case["low"], case["high"])
        self.assertEqual(values.ravel().tolist(), case["values"])

    def test_prefix_mask(self):
        case = KNOWN["prefix"]
        values = generator.prefix_mask(case["seed"], case["shape"], case["low"], case["high"])
        self.assertEqual(values.ravel().tolist(), case["values"])


if __name__ == "__main__":
    unittest.main()
