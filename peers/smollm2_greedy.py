"""Greedy answers of SmolLM2-135M-Instruct by transformers, for `packages/tutelage/test/fixtures/smollm2-greedy.json`.

    pip install transformers gguf accelerate
    python smollm2_greedy.py SmolLM2-135M-Instruct.Q4_1.gguf

Weights are the file's, dequantised to float32. The tokenizer is rebuilt from the file's metadata by the `tokenizers`
library, with the pre-tokenizer that the name "smollm" stands for: single digits, then GPT-2's pattern.
"""

import json
import sys
from pathlib import Path

import gguf
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaForCausalLM

NEW_TOKENS = 24
PLAIN = [
    "The capital of France is",
    "Once upon a time, there was a little robot who",
    "def fibonacci(n):\n    ",
    "1, 2, 3, 5, 8, 13,",
    "Water boils at",
    "The three primary colours are",
    "Die Hauptstadt von Deutschland ist",
    "Question: What is 17 + 25?\nAnswer:",
    "E = mc^2 means that",
    "Hello 👋🏽, wie geht's? Ça va bien — très bien!",
]
CHAT = [
    "What is photosynthesis?",
    "Name three fruits.",
    "Write a haiku about the sea.",
    "Is 91 a prime number?",
    "Translate to French: Good morning, my friend.",
    "Classify the sentiment of this review as positive or negative: I loved every minute of it.",
    "List the planets of the solar system.",
    "Explain gravity to a child.",
    "What's the difference between a list and a tuple in Python?",
    "  Two  spaces,\ttabs and 12345 digits.\n\nWhat do you see?",
]
SYSTEM = "You are a helpful AI assistant named SmolLM, trained by Hugging Face"


def chat(text: str) -> str:
    return f"<|im_start|>system\n{SYSTEM}<|im_end|>\n<|im_start|>user\n{text}<|im_end|>\n<|im_start|>assistant\n"


def tokenizer_of(path: Path) -> Tokenizer:
    fields = gguf.GGUFReader(path).fields
    tokens = fields["tokenizer.ggml.tokens"].contents()
    types = fields["tokenizer.ggml.token_type"].contents()
    merges = [tuple(pair.split(" ")) for pair in fields["tokenizer.ggml.merges"].contents()]
    tokenizer = Tokenizer(models.BPE({token: i for i, token in enumerate(tokens)}, merges))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([token for token, kind in zip(tokens, types) if kind == gguf.TokenType.CONTROL])
    return tokenizer


def main() -> None:
    path = Path(sys.argv[1])
    torch.manual_seed(0)
    tokenizer = tokenizer_of(path)
    model = LlamaForCausalLM.from_pretrained(path.parent, gguf_file=path.name, dtype=torch.float32)
    model.eval()
    cases = []
    for prompt in PLAIN + [chat(text) for text in CHAT]:
        ids = tokenizer.encode(prompt, add_special_tokens=False).ids
        with torch.no_grad():
            out = model.generate(
                torch.tensor([ids]),
                attention_mask=torch.ones(1, len(ids), dtype=torch.long),
                do_sample=False,
                max_new_tokens=NEW_TOKENS,
                eos_token_id=2,
                pad_token_id=2,
                return_dict_in_generate=True,
                output_logits=True,
            )
        new = out.sequences[0, len(ids) :].tolist()
        logits = torch.cat(out.logits).double()
        chosen = logits.log_softmax(-1)[torch.arange(len(new)), new]
        best = logits.topk(2).values
        cases.append(
            {
                "prompt": prompt,
                "tokens": ids,
                "answer": new,
                "logProbability": round(chosen.sum().item(), 4),
                "smallestMargin": round((best[:, 0] - best[:, 1]).min().item(), 5),
                "text": tokenizer.decode(new),
            }
        )
        print(json.dumps(cases[-1]["text"]), cases[-1]["smallestMargin"], file=sys.stderr)
    rows = ",\n".join(json.dumps(case, ensure_ascii=False) for case in cases)
    target = Path(__file__).parent.parent / "packages/tutelage/test/fixtures/smollm2-greedy.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(f"[\n{rows}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
