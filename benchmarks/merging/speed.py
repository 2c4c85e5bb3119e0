"""Time and peak memory of matching and merging one layer of 128 experts, beside PyTorch and SciPy doing the same.

    speed.py MOETOOL FOLDER [--experts 128] [--hidden 2048] [--width 768] [--threads N] [--rounds N]

Makes a checkpoint of one layer in FOLDER (normal weights in BF16, a small vocabulary) and a plan that merges its experts in random pairs. In turn moetool and a
Python process carry the plan out: neurons of every second expert are matched with the first one's by all their weights, exactly, and the mean is written in
BF16. Both must write the same weights, but for the last bit of a rounding, or nothing is reported. Needs torch, safetensors and SciPy. FOLDER is emptied at the end.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from scipy.optimize import linear_sum_assignment

NAMES = ("gate_proj", "up_proj", "down_proj")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("moetool")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--experts", type=int, default=128)
    parser.add_argument("--hidden", type=int, default=2048)
    parser.add_argument("--width", type=int, default=768)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--make", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--compare", nargs=2, type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--rival", nargs=2, type=Path, metavar=("SOURCE", "PLAN"), help=argparse.SUPPRESS)
    return parser.parse_args()


def config(args):
    return {
        "architectures": ["Qwen3MoeForCausalLM"],
        "model_type": "qwen3_moe",
        "decoder_sparse_step": 1,
        "head_dim": 64,
        "hidden_act": "silu",
        "hidden_size": args.hidden,
        "intermediate_size": args.width,
        "max_position_embeddings": 4096,
        "mlp_only_layers": [],
        "moe_intermediate_size": args.width,
        "norm_topk_prob": True,
        "num_attention_heads": 2,
        "num_experts": args.experts,
        "num_experts_per_tok": 8,
        "num_hidden_layers": 1,
        "num_key_value_heads": 1,
        "rms_norm_eps": 1e-06,
        "rope_theta": 1000000.0,
        "tie_word_embeddings": True,
        "torch_dtype": "bfloat16",
        "vocab_size": 256,
    }


def expert(index, name):
    return f"model.layers.0.mlp.experts.{index}.{name}.weight"


def write_model(folder, args):
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(config(args), indent=2))
    torch.manual_seed(1)

    def normal(*shape):
        return (torch.randn(shape) * 0.02).bfloat16()

    block = "model.layers.0."
    tensors = {
        "model.embed_tokens.weight": normal(256, args.hidden),
        block + "input_layernorm.weight": normal(args.hidden),
        block + "self_attn.q_proj.weight": normal(128, args.hidden),
        block + "self_attn.k_proj.weight": normal(64, args.hidden),
        block + "self_attn.v_proj.weight": normal(64, args.hidden),
        block + "self_attn.o_proj.weight": normal(args.hidden, 128),
        block + "self_attn.q_norm.weight": normal(64),
        block + "self_attn.k_norm.weight": normal(64),
        block + "post_attention_layernorm.weight": normal(args.hidden),
        block + "mlp.gate.weight": normal(args.experts, args.hidden),
        "model.norm.weight": normal(args.hidden),
    }
    for index in range(args.experts):
        tensors[expert(index, "gate_proj")] = normal(args.width, args.hidden)
        tensors[expert(index, "up_proj")] = normal(args.width, args.hidden)
        tensors[expert(index, "down_proj")] = normal(args.hidden, args.width)
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})


def merge(source, plan, target, threads):
    """What moetool does, with PyTorch's products and SciPy's assignment, one group at a time."""
    torch.set_num_threads(threads)
    groups = json.loads(plan.read_text())["layers"][0]["groups"]
    merged = {}
    with safe_open(source / "model.safetensors", "pt") as weights:

        def matrices(index):
            return [weights.get_tensor(expert(index, name)).float() for name in NAMES]

        for place, group in enumerate(groups):
            leader = group["leader"]
            gate, up, down = matrices(leader)
            described = torch.cat([gate, up, down.T], 1)
            sums = [0.0, 0.0, 0.0]
            shares = [weight / sum(group["weights"]) for weight in group["weights"]]
            for index, share in zip(group["experts"], shares):
                part = [gate, up, down]
                if index != leader:
                    part = matrices(index)
                    products = described @ torch.cat([part[0], part[1], part[2].T], 1).T
                    order = torch.from_numpy(linear_sum_assignment(-products.numpy())[1])
                    part = [part[0][order], part[1][order], part[2][:, order]]
                sums = [total + share * matrix.double() for total, matrix in zip(sums, part)]
            for name, total in zip(NAMES, sums):
                merged[expert(place, name)] = total.bfloat16()
    save_file(merged, target, metadata={"format": "pt"})


def measured(*command):
    start = time.perf_counter()
    process = subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    process.stdout.read()
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{command}\nfailed:\n{errors}")
    return {
        "seconds": time.perf_counter() - start,
        "cpu": usage.ru_utime + usage.ru_stime,
        "peak": usage.ru_maxrss / 1024,
    }


def require_same(ours, theirs):
    with safe_open(ours / "model.safetensors", "pt") as one, safe_open(theirs, "pt") as other:
        for name in other.keys():
            first, second = one.get_tensor(name).float(), other.get_tensor(name).float()
            distance = (first - second).abs().max().item()
            if distance > 2**-8 * second.abs().max().item():
                sys.exit(f"{name} differs by {distance}")


def main():
    args = arguments()
    # In processes of their own: a child's peak memory is at least what its parent holds.
    if args.make:
        return write_model(args.folder, args)
    if args.compare:
        return require_same(*args.compare)
    if args.rival:
        return merge(*args.rival, args.folder, args.threads)
    args.folder.mkdir(parents=True, exist_ok=True)
    source, out, plan, theirs = (args.folder / name for name in ("source", "out", "plan.json", "theirs.safetensors"))
    shutil.rmtree(source, ignore_errors=True)
    try:
        sizes = ["--experts", args.experts, "--hidden", args.hidden, "--width", args.width]
        measured(sys.executable, __file__, "-", source, "--make", *sizes)
        measured(
            args.moetool, "plan", source, "--method", "random-groups", "--seed", 1, "--remove", "50%", "-o", plan, "-q", "--json"
        )
        ratios = []
        for turn in range(args.rounds):
            shutil.rmtree(out, ignore_errors=True)
            ours = measured(args.moetool, "merge", source, "--plan", plan, "-o", out, "--threads", args.threads, "--json", "-q")
            rival = measured(
                sys.executable, __file__, "-", theirs, "--threads", args.threads, "--rival", source, plan
            )
            measured(sys.executable, __file__, "-", out, "--compare", out, theirs)
            ratios.append(rival["seconds"] / ours["seconds"])
            for name, result in (("moetool", ours), ("PyTorch and SciPy", rival)):
                print(
                    f"round {turn + 1}: {name}: {result['seconds']:.1f} s, processor {result['cpu']:.1f} s,"
                    f" peak {result['peak']:.0f} MiB; load {os.getloadavg()[0]:.1f}",
                    flush=True,
                )
        print(f"rival / moetool: median {statistics.median(ratios):.2f} of {', '.join(f'{ratio:.2f}' for ratio in ratios)}")
    finally:
        shutil.rmtree(args.folder, ignore_errors=True)


if __name__ == "__main__":
    main()
