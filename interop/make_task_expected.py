#!/usr/bin/env python3
"""Writes what transformers makes of the first questions of the bundled task of choices: the loss of each choice, and the shares of right answers."""

import json

import torch
import transformers

import places
from layer_files import rounded
from make_expected import made_with

ITEMS = 24


def loss(model, tokenizer, prompt, choice):
    """Nats of the choice behind the prompt; both are read in one go, and what counts begins where the prompt alone ends."""
    whole = tokenizer(prompt + " " + choice, return_tensors="pt").input_ids
    start = len(tokenizer(prompt).input_ids)
    assert whole[0, :start].tolist() == tokenizer(prompt).input_ids
    with torch.no_grad():
        logits = model(whole).logits[0].log_softmax(dim=-1)
    return -sum(logits[at - 1, whole[0, at]].item() for at in range(start, whole.shape[1]))


def main():
    torch.set_num_threads(1)
    folder = places.BUNDLED_MODEL
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    losses, right, by_length = [], 0, 0
    rows = [json.loads(line) for line in (places.TASKS / "continuation.jsonl").read_text(encoding="utf-8").splitlines()[:ITEMS]]
    for row in rows:
        endings = [ending.strip().replace("  ", " ") for ending in row["endings"]]
        found = [loss(model, tokenizer, row["ctx"].strip().replace("  ", " "), ending) for ending in endings]
        losses.append(found)
        right += min(range(len(found)), key=found.__getitem__) == int(row["label"])
        by_length += min(range(len(found)), key=lambda i: found[i] / len(endings[i])) == int(row["label"])
    written = {"madeWith": made_with(), "losses": rounded(torch.tensor(losses).numpy()), "right": right, "rightByLength": by_length}
    target = places.TASK_ANSWERS
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(written) + "\n")
    print(f"{right} and {by_length} of {len(rows)} right")


if __name__ == "__main__":
    main()
