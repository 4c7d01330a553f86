"""Fixtures of the language tests: logits and greedy tokens of tiny LLaMA and Qwen models, and tokenizers trained by Hugging Face.

    pip install transformers
    python language_fixtures.py

Run it again after the trained WordPiece tokenizer in `wordpiece-tokenizer.json` has changed: its encodings are made from
that file.
"""

import json
import sys
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, Qwen2Config, Qwen2ForCausalLM, Qwen3Config, Qwen3ForCausalLM

sys.path.append(str(Path(__file__).parent / "parity"))
from generator import integers, uniform  # noqa: E402

FIXTURES = Path(__file__).parent.parent / "packages/tutelage/test/fixtures"
CORPUS = [
    "The quick brown fox jumps over the lazy dog.",
    "The quicker the foxes, the lazier the dogs; the dogs don't jump.",
    "Learning to learn: the learner learns what the teacher teaches.",
    "Teachers teach, learners learn, and students study studiously.",
    "In 2024, 1,234 students studied 56 subjects at 7.5 hours a day.",
    "Größe, naïve café, Zürich; naïveté and façades in cafés.",
    "Привет, мир! Мир и привет. こんにちは世界。世界は広い。",
    "  Spaces   and\ttabs\nand lines\n\nand the end.  ",
    "def learn(teacher):\n    return [teacher.teach(x) for x in range(10)]",
    "aaaa aaaaaaa aa aaa banana bananas ananas",
]
TEXTS = CORPUS + [
    "",
    " ",
    "\n\n\n",
    "a",
    "Hello, world!",
    "😀 emoji 👩‍👩‍👧 and 👋🏽 flags 🇫🇷",
    "control \u0001\u0007 characters \u200b and \u00ad soft \ufeff ones",
    "e\u0301 combining, ﬁ ligature, Ⅳ numeral, ½",
    "<html>&amp; [brackets] {braces} ~`!@#$%^*()_+-=|\\:;\"',.?/",
    "日本語のテキスト 한국어 텍스트 نص عربي עברית ไทย",
    "𝕸𝖆𝖙𝖍 𝒶𝓁𝓅𝒽𝒶 and \U0001d54f",
    "unbelievablyextraordinarilylongwordthatneverends" * 3,
    "I'll we've they're it's can't won't 'quoted'",
]


def write(name: str, value: object) -> None:
    (FIXTURES / name).write_text(json.dumps(value, ensure_ascii=True, indent=1) + "\n", encoding="utf-8")


def tiny(name: str, config_class: type, model_class: type, rope: dict[str, object] | None = None, **sizes: int) -> None:
    config = config_class(
        vocab_size=96,
        hidden_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        intermediate_size=96,
        max_position_embeddings=64,
        rms_norm_eps=1e-5,
        rope_parameters={"rope_type": "default", "rope_theta": 1000.0} | (rope or {}),
        tie_word_embeddings=True,
        **sizes,
    )
    model = model_class(config).eval()
    with torch.no_grad():
        for path, parameter in model.named_parameters():
            norm = parameter.dim() == 1
            values = uniform(path, list(parameter.shape), 1.0 if norm else 0.0, 0.2 if norm else 0.4)
            parameter.copy_(torch.from_numpy(values))
    cases = []
    for length in (1, 4, 9):
        prompt = integers(f"prompt {length}", [length], 0, 96).tolist()
        out = model.generate(
            torch.tensor([prompt]),
            attention_mask=torch.ones(1, length, dtype=torch.long),
            do_sample=False,
            max_new_tokens=16,
            eos_token_id=None,
            pad_token_id=0,
            return_dict_in_generate=True,
            output_logits=True,
        )
        answer = out.sequences[0, length:].tolist()
        first = [round(x, 6) for x in out.logits[0][0].tolist()]
        margins = [(row[0].topk(2).values.diff().abs().item()) for row in out.logits]
        assert min(margins) > 1e-3, min(margins)
        cases.append({"prompt": prompt, "answer": answer, "firstLogits": first})
    write(f"{name}.json", cases)


def byte_pairs() -> None:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=340,
        min_frequency=2,
        special_tokens=["<|endoftext|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(CORPUS, trainer)
    model = json.loads(tokenizer.to_str())["model"]
    encodings = [tokenizer.encode(text).ids for text in TEXTS]
    fixture = {"corpus": CORPUS, "texts": TEXTS, "vocab": model["vocab"], "merges": model["merges"]}
    write("byte-bpe.json", {**fixture, "encodings": encodings})


def wordpieces() -> None:
    path = FIXTURES / "wordpiece-tokenizer.json"
    if not path.exists():
        print("no wordpiece-tokenizer.json yet")
        return
    tokenizer = Tokenizer.from_file(str(path))
    pairs = [tokenizer.encode(a, b) for a, b in zip(CORPUS[:3], CORPUS[1:4])]
    write(
        "wordpiece.json",
        {
            "encodings": [tokenizer.encode(text).ids for text in TEXTS],
            "pairs": [{"ids": pair.ids, "types": pair.type_ids} for pair in pairs],
        },
    )


if __name__ == "__main__":
    FIXTURES.mkdir(parents=True, exist_ok=True)
    tiny("tiny-llama", LlamaConfig, LlamaForCausalLM)
    tiny("tiny-qwen2", Qwen2Config, Qwen2ForCausalLM)
    tiny("tiny-qwen3", Qwen3Config, Qwen3ForCausalLM, head_dim=24)
    tiny("tiny-llama-linear", LlamaConfig, LlamaForCausalLM, {"rope_type": "linear", "factor": 4.0})
    llama3 = {"low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 16}
    tiny("tiny-llama-3", LlamaConfig, LlamaForCausalLM, {"rope_type": "llama3", "factor": 4.0, **llama3})
    byte_pairs()
    wordpieces()
