"""Speed of generation by transformers, the counterpart of `bench/language.js`.

    python language_speed.py THREADS [SmolLM2-135M-Instruct.Q4_1.gguf]

The same sizes, prompts and number of new tokens, float32, `generate` with its cache. Prints one JSON line a case.
"""

import json
import statistics
import sys
import time
from pathlib import Path

import torch
from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM

threads = int(sys.argv[1])
torch.set_num_threads(threads)


def measure(name: str, runs: int, tokens: int, run) -> None:
    run()
    wall, cpu = [], []
    for _ in range(runs):
        start, before = time.perf_counter(), time.process_time()
        run()
        wall.append(1000 * (time.perf_counter() - start))
        cpu.append(1000 * (time.process_time() - before))
    row = {"wall": statistics.median(wall), "cpu": statistics.median(cpu)}
    speeds = {"tokensPerSecond": 1000 * tokens / row["wall"], "tokensPerCpuSecond": 1000 * tokens / row["cpu"]}
    print(json.dumps({"peer": "transformers", "case": name, "threads": threads, **row, **speeds}), flush=True)


def generation(model, prompts: torch.Tensor, tokens: int, sample: bool):
    options = {"top_k": 0} if sample else {}

    def run() -> None:
        with torch.inference_mode():
            out = model.generate(
                prompts,
                attention_mask=torch.ones_like(prompts),
                do_sample=sample,
                min_new_tokens=tokens,
                max_new_tokens=tokens,
                pad_token_id=0,
                **options,
            )
        assert out.shape[1] == prompts.shape[1] + tokens

    return run


batch, prompt, new = 64, 16, 64
prompts = (31 * torch.arange(batch)[:, None] + 7 * torch.arange(prompt)[None, :]) % 1024
llama = LlamaConfig(
    vocab_size=1024,
    hidden_size=128,
    num_hidden_layers=4,
    num_attention_heads=4,
    intermediate_size=344,
    max_position_embeddings=128,
    tie_word_embeddings=True,
)
gpt = GPT2Config(vocab_size=1024, n_embd=128, n_layer=4, n_head=4, n_positions=128)
for name, model in [("rollouts llama 1M", LlamaForCausalLM(llama)), ("rollouts gpt 1M", GPT2LMHeadModel(gpt))]:
    measure(name, 5, batch * new, generation(model.eval(), prompts, new, True))

if len(sys.argv) > 2:
    path = Path(sys.argv[2])
    smollm = LlamaForCausalLM.from_pretrained(path.parent, gguf_file=path.name, dtype=torch.float32).eval()
    measure("smollm2 decode 128", 3, 128, generation(smollm, torch.arange(1000, 1032)[None], 128, False))
