#!/usr/bin/env python3
"""Writes what transformers generates greedily with the bundled model: generation.json beside its other golden numbers."""

import json

import torch
import transformers

import places

PROMPTS = (
    "Question: Vera has 12 boxes with 8 pencils each.",
    "    public static int largest(int[] values) {\n",
    "Жила-была девочка по имени",
)
NEW_TOKENS = 24


def main():
    folder = places.BUNDLED_MODEL
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    generations = []
    for prompt in PROMPTS:
        ids = tokenizer(prompt, return_tensors="pt").input_ids
        with torch.no_grad():
            out = model.generate(ids, attention_mask=torch.ones_like(ids), max_new_tokens=NEW_TOKENS, do_sample=False)
        new = out[0, ids.shape[1] :].tolist()
        generations.append({"prompt": prompt, "promptTokens": ids[0].tolist(), "tokens": new, "text": tokenizer.decode(new)})
    target = places.CHECKPOINTS / places.BUNDLED_MODEL.name / "generation.json"
    target.write_text(json.dumps({"generations": generations}, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
