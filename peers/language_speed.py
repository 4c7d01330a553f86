"""Speed of generation by transformers, the counterpart of `bench/language.js`: one JSON request a line on stdin, one JSON reply a line
on stdout, as the benchmark's other workers (see the README).

    python language_speed.py [SmolLM2-135M-Instruct.Q4_1.gguf]

The same sizes, prompts and number of new tokens, float32, `generate` with its cache. A reply has milliseconds of wall and of processor
time of one call.
"""

import functools
import json
import sys
import time
from pathlib import Path

import torch
from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM

batch, prompt = 64, 16
prompts = (31 * torch.arange(batch)[:, None] + 7 * torch.arange(prompt)[None, :]) % 1024
own = {"bos_token_id": None, "eos_token_id": None, "tie_word_embeddings": True}


@functools.cache
def llama():
    config = LlamaConfig(
        vocab_size=1024,
        hidden_size=128,
        num_hidden_layers=4,
        num_attention_heads=4,
        intermediate_size=344,
        max_position_embeddings=128,
        **own,
    )
    return LlamaForCausalLM(config).eval()


@functools.cache
def gpt():
    config = GPT2Config(vocab_size=1024, n_embd=128, n_layer=4, n_head=4, n_positions=128, **own)
    return GPT2LMHeadModel(config).eval()


@functools.cache
def smollm():
    path = Path(sys.argv[1])
    return LlamaForCausalLM.from_pretrained(path.parent, gguf_file=path.name, dtype=torch.float32).eval()


def generate(model, given: torch.Tensor, tokens: int, **options):
    out = model.generate(
        given,
        attention_mask=torch.ones_like(given),
        max_new_tokens=tokens,
        pad_token_id=0,
        return_dict_in_generate=True,
        **options,
    )
    assert out.sequences.shape[1] == given.shape[1] + tokens
    return out


def rollouts(model) -> None:
    generate(model, prompts, 64, do_sample=True, top_k=0)


def rollouts_with_log_probabilities(model) -> None:
    out = generate(model, prompts, 64, do_sample=True, top_k=0, output_logits=True)
    logits = torch.stack(out.logits, 1)
    answers = out.sequences[:, prompt:, None]
    (logits.gather(2, answers) - logits.logsumexp(2, keepdim=True)).squeeze(2)


cases = {
    "rollouts, LLaMA 1M": lambda: rollouts(llama()),
    "rollouts with log-probabilities, LLaMA 1M": lambda: rollouts_with_log_probabilities(llama()),
    "rollouts, GPT 1M": lambda: rollouts(gpt()),
    "SmolLM2-135M, one answer": lambda: generate(
        smollm(), torch.arange(1000, 1032)[None], 128, do_sample=False, min_new_tokens=128
    ),
}
for line in sys.stdin:
    request = json.loads(line)
    torch.set_num_threads(request["threads"])
    with torch.inference_mode():
        start, before = time.perf_counter(), time.process_time()
        cases[request["case"]]()
        wall, cpu = time.perf_counter() - start, time.process_time() - before
    print(json.dumps({"wall": 1000 * wall, "cpu": 1000 * cpu}), flush=True)
