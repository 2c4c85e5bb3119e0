"""Tokens per second of an exported model in ONNX Runtime, beside transformers with the checkpoint it was made from.

    speed.py MOETOOL MODEL FOLDER [--prefill 128] [--decode 64] [--threads N] [--rounds N] [--ways eager,grouped_mm,batched_mm]

MODEL is exported into FOLDER in float32. In turn ONNX Runtime and transformers, each in a process of its own, read a text of so many tokens (prefill: until the
logits of the next token are there) and go on with the most likely one, with caches of keys and values (decode). Both have to choose the same tokens until the
two best logits of one differ by less than 1e-3, or nothing is reported. The first reading and the first tokens are not timed. transformers computes experts in each of the ways in turn;
its figures are those of the fastest.
Needs torch, transformers and onnxruntime. FOLDER is emptied at the end.
"""

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

CLOSE = 1e-3
WARM_TOKENS = 4


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("moetool")
    parser.add_argument("model", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--prefill", type=int, default=128)
    parser.add_argument("--decode", type=int, default=64)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--ways", default="eager,grouped_mm,batched_mm")
    parser.add_argument("--side", choices=["onnx", "transformers"], help=argparse.SUPPRESS)
    return parser.parse_args()


def prompt(model, length):
    """Any tokens do: both sides read the same."""
    vocabulary = json.loads((model / "config.json").read_text())["vocab_size"]
    return np.random.default_rng(7).integers(10, vocabulary, size=(1, length))


class Onnx:
    def __init__(self, folder, threads):
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        self.session = onnxruntime.InferenceSession(folder / "model.onnx", options, providers=["CPUExecutionProvider"])
        self.caches = {}

    def step(self, tokens):
        feeds = {"input_ids": tokens.astype(np.int64)}
        for value in self.session.get_inputs():
            if value.name.startswith("past_key_values."):
                cache = self.caches.get(value.name)
                if cache is None:
                    cache = np.zeros([extent if isinstance(extent, int) else 1 if extent == "batch" else 0 for extent in value.shape], np.float32)
                feeds[value.name] = cache
        past = next(cache.shape[2] for name, cache in feeds.items() if name.startswith("past_key_values."))
        feeds["attention_mask"] = np.ones((1, past + tokens.shape[1]), np.int64)
        results = self.session.run(None, feeds)
        for value, result in zip(self.session.get_outputs(), results):
            if value.name.startswith("present."):
                self.caches["past_key_values." + value.name[len("present."):]] = result
            else:
                logits = result
        return logits[0, -1]

    def forget(self):
        self.caches = {}

    def ways(self):
        yield "as exported"


class Transformers:
    def __init__(self, model, threads, ways):
        import torch
        import transformers

        transformers.utils.logging.set_verbosity_error()
        transformers.utils.logging.disable_progress_bar()
        torch.set_num_threads(threads)
        self.torch = torch
        self.names = ways.split(",")
        self.model = transformers.AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32).eval()
        self.cache = None

    def step(self, tokens):
        with self.torch.inference_mode():
            result = self.model(
                self.torch.from_numpy(tokens), past_key_values=self.cache, use_cache=True, logits_to_keep=1
            )
        self.cache = result.past_key_values
        return result.logits[0, -1].numpy()

    def forget(self):
        self.cache = None

    def ways(self):
        """Which of the library's ways to compute experts is fast depends on model and machine: each figure is that of the fastest."""
        for name in self.names:
            self.model.set_experts_implementation(name)
            self.forget()
            yield name


def run(side, tokens, decode):
    side.step(tokens)
    for _ in range(WARM_TOKENS):
        side.step(tokens[:, :1])
    side.forget()
    start = time.perf_counter()
    logits = side.step(tokens)
    read = time.perf_counter()
    chosen, gaps = [], []
    for _ in range(decode):
        best = np.argpartition(logits, -2)[-2:]
        gaps.append(float(abs(logits[best[0]] - logits[best[1]])))
        chosen.append(int(np.argmax(logits)))
        logits = side.step(np.array([[chosen[-1]]], np.int64))
    done = time.perf_counter()
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "prefill": tokens.shape[1] / (read - start),
        "decode": decode / (done - read),
        "chosen": chosen,
        "gaps": gaps,
        "peak": usage.ru_maxrss * 1024,
    }


def measured(args, side):
    command = [sys.executable, __file__, args.moetool, args.model, args.folder, "--side", side]
    for name in ("prefill", "decode", "threads", "ways"):
        command += [f"--{name}", getattr(args, name)]
    environment = dict(os.environ, OMP_NUM_THREADS=str(args.threads), OMP_WAIT_POLICY="PASSIVE")
    output = subprocess.run([str(part) for part in command], env=environment, stdout=subprocess.PIPE, check=True).stdout
    return json.loads(output)


def require_same(ours, theirs):
    for i, (one, other) in enumerate(zip(ours["chosen"], theirs["chosen"])):
        if one != other:
            if min(ours["gaps"][i], theirs["gaps"][i]) > CLOSE:
                sys.exit(f"token {i} is {one} in ONNX Runtime and {other} in transformers, and neither is close")
            return i
    return len(ours["chosen"])


def main():
    args = arguments()
    if args.side:
        side = Onnx(args.folder / "onnx", args.threads) if args.side == "onnx" else Transformers(args.model, args.threads, args.ways)
        tokens = prompt(args.model, args.prefill)
        runs = []
        for way in side.ways():
            try:
                runs.append(run(side, tokens, args.decode))
            except RuntimeError as e:
                # Gathering the matrices of every token's experts may take more memory than there is.
                print(f"left out: {way}: {e}", file=sys.stderr)
        best = dict(runs[0], prefill=max(r["prefill"] for r in runs), decode=max(r["decode"] for r in runs), peak=runs[-1]["peak"])
        print(json.dumps(best))
        return
    positions = json.loads((args.model / "config.json").read_text())["max_position_embeddings"]
    if args.prefill + max(args.decode, WARM_TOKENS) > positions:
        sys.exit(f"the model has {positions} positions: read and write fewer tokens")
    args.folder.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(args.folder / "onnx", ignore_errors=True)
    try:
        subprocess.run([args.moetool, "convert", args.model, "--to", "onnx", "-o", args.folder / "onnx", "-q"], check=True)
        ratios = {"prefill": [], "decode": []}
        for turn in range(args.rounds):
            ours = measured(args, "onnx")
            theirs = measured(args, "transformers")
            same = require_same(ours, theirs)
            for name in ratios:
                ratios[name].append(ours[name] / theirs[name])
            print(
                f"round {turn + 1}: prefill {ours['prefill']:,.0f} against {theirs['prefill']:,.0f} tokens/s,"
                f" decode {ours['decode']:,.1f} against {theirs['decode']:,.1f};"
                f" peak {ours['peak'] / 2**20:.0f} against {theirs['peak'] / 2**20:.0f} MiB;"
                f" the first {same} tokens are the same; load {os.getloadavg()[0]:.1f}",
                flush=True,
            )
        for name, values in ratios.items():
            print(f"{name}: ONNX Runtime is {statistics.median(values):.2f} times as fast, of {', '.join(f'{v:.2f}' for v in values)}")
    finally:
        shutil.rmtree(args.folder / "onnx", ignore_errors=True)


if __name__ == "__main__":
    main()
