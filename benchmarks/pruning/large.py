"""Speed and peak memory of `moetool prune` on a large checkpoint, beside `cp` of as many bytes.

    large.py MOETOOL FOLDER [--layers N] [--sparse] [--remove 50%] [--rounds N]

Makes a checkpoint of the shape of Qwen3-30B-A3B with N of its 48 layers (1.2 GB each and 1.3 GB for the vocabulary) in FOLDER: of pseudo-random bytes,
or, with --sparse, of holes, which take no disk and are read as zeros. In each round half the experts go by lot, then files of the source are
copied until as many bytes are written. Before each, the source is dropped from the page cache and free memory filled with other cached pages; each counts
until its result is on the disk. FOLDER is emptied at the end. Needs nothing but Python, and room for the source (unless it is sparse) and the result.
"""

import argparse
import json
import os
import random
import shutil
import statistics
import struct
import subprocess
import sys
import time
from pathlib import Path

HIDDEN, WIDTH, EXPERTS, HEADS, KEY_HEADS, HEAD, VOCABULARY = 2048, 768, 128, 32, 4, 128, 151936
SHARD = 4 * 10**9
BLOCK = 1 << 24


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("moetool")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--layers", type=int, default=4)
    parser.add_argument("--sparse", action="store_true")
    parser.add_argument("--remove", default="50%")
    parser.add_argument("--rounds", type=int, default=3)
    return parser.parse_args()


def config(layers):
    return {
        "architectures": ["Qwen3MoeForCausalLM"],
        "model_type": "qwen3_moe",
        "decoder_sparse_step": 1,
        "head_dim": HEAD,
        "hidden_act": "silu",
        "hidden_size": HIDDEN,
        "intermediate_size": 6144,
        "max_position_embeddings": 40960,
        "mlp_only_layers": [],
        "moe_intermediate_size": WIDTH,
        "norm_topk_prob": True,
        "num_attention_heads": HEADS,
        "num_experts": EXPERTS,
        "num_experts_per_tok": 8,
        "num_hidden_layers": layers,
        "num_key_value_heads": KEY_HEADS,
        "rms_norm_eps": 1e-06,
        "rope_theta": 1000000.0,
        "tie_word_embeddings": False,
        "torch_dtype": "bfloat16",
        "vocab_size": VOCABULARY,
    }


def tensors(layers):
    """Names and shapes, in the order of the hub's files."""
    yield "model.embed_tokens.weight", (VOCABULARY, HIDDEN)
    for layer in range(layers):
        prefix = f"model.layers.{layer}."
        yield prefix + "input_layernorm.weight", (HIDDEN,)
        yield prefix + "self_attn.q_proj.weight", (HEADS * HEAD, HIDDEN)
        yield prefix + "self_attn.k_proj.weight", (KEY_HEADS * HEAD, HIDDEN)
        yield prefix + "self_attn.v_proj.weight", (KEY_HEADS * HEAD, HIDDEN)
        yield prefix + "self_attn.o_proj.weight", (HIDDEN, HEADS * HEAD)
        yield prefix + "self_attn.q_norm.weight", (HEAD,)
        yield prefix + "self_attn.k_norm.weight", (HEAD,)
        yield prefix + "post_attention_layernorm.weight", (HIDDEN,)
        yield prefix + "mlp.gate.weight", (EXPERTS, HIDDEN)
        for expert in range(EXPERTS):
            for name, shape in (("gate", (WIDTH, HIDDEN)), ("up", (WIDTH, HIDDEN)), ("down", (HIDDEN, WIDTH))):
                yield f"{prefix}mlp.experts.{expert}.{name}_proj.weight", shape
    yield "model.norm.weight", (HIDDEN,)
    yield "lm_head.weight", (VOCABULARY, HIDDEN)


def shards(layers):
    shard, size = [], 0
    for name, shape in tensors(layers):
        length = 2 * shape[0] * (shape[1] if len(shape) == 2 else 1)
        if size + length > SHARD:
            yield shard
            shard, size = [], 0
        shard.append((name, shape, length))
        size += length
    yield shard


def write_model(folder, layers, sparse):
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(config(layers), indent=2))
    # Bytes below 0x60 leave the exponents of BF16 small: no infinities.
    block = random.Random(1).randbytes(BLOCK).translate(bytes(value % 0x60 for value in range(256)))
    files = list(shards(layers))
    places, total = {}, 0
    for number, shard in enumerate(files):
        name = f"model-{number + 1:05}-of-{len(files):05}.safetensors"
        header, offset = {}, 0
        for tensor, shape, length in shard:
            header[tensor] = {"dtype": "BF16", "shape": shape, "data_offsets": [offset, offset + length]}
            offset += length
            places[tensor] = name
        text = json.dumps(header).encode()
        text += b" " * (-len(text) % 8)
        with open(folder / name, "wb") as file:
            file.write(struct.pack("<Q", len(text)) + text)
            if sparse:
                file.truncate(8 + len(text) + offset)
            else:
                for start in range(0, offset, BLOCK):
                    turn = (start // BLOCK * 4099 + number * 2) % BLOCK
                    file.write((block[turn:] + block[:turn])[: offset - start])
            file.flush()
            os.fsync(file.fileno())
        total += offset
    index = {"metadata": {"total_size": total}, "weight_map": places}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    return total


def drop(folder):
    """Takes files out of the page cache."""
    for path in sorted(folder.iterdir()):
        descriptor = os.open(path, os.O_RDONLY)
        os.fsync(descriptor)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(descriptor)


def fill_cache(filler):
    """
    Leaves no memory free, but full of cached zeros, as on a machine that has been up for long. The host of a virtual machine may have taken back
    what is free, and the first touch of such a page takes it microseconds: whoever comes second would pay less.
    """
    with open(filler, "wb") as file:
        file.truncate(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    with open(filler, "rb") as file:
        while file.read(BLOCK):
            pass


def measured(*command):
    start = time.perf_counter()
    process = subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    output = process.stdout.read()
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{command}\nfailed:\n{errors.decode(errors='replace')}")
    return output, {"seconds": seconds, "cpu": usage.ru_utime + usage.ru_stime, "peak": usage.ru_maxrss * 1024}


def copied(source, target, length):
    """Seconds that cp takes for so many bytes of a folder, and their number."""
    target.mkdir()
    done, names = 0, []
    for path in sorted(source.glob("*.safetensors")):
        if done < length:
            names.append(path)
            done += path.stat().st_size
    whole, last = names[:-1], names[-1]
    rest = length - sum(path.stat().st_size for path in whole)
    start = time.perf_counter()
    if whole:
        subprocess.run(["cp", "--sparse=never", *whole, target], check=True)
    # What is left of the last file, as cp has no lengths.
    subprocess.run(
        ["dd", f"if={last}", f"of={target / last.name}", "bs=1M", f"count={rest}", "iflag=count_bytes", "status=none"], check=True
    )
    for path in target.iterdir():
        with open(path, "rb+") as file:
            os.fsync(file.fileno())
    return time.perf_counter() - start


def main():
    args = arguments()
    args.folder.mkdir(parents=True, exist_ok=True)
    source, pruned, copy = (args.folder / name for name in ("source", "pruned", "copy"))
    for path in (source, pruned, copy):
        shutil.rmtree(path, ignore_errors=True)
    try:
        total = write_model(source, args.layers, args.sparse)
        print(f"{total:,} bytes, {'holes' if args.sparse else 'written'}; load {os.getloadavg()[0]:.1f}", flush=True)
        plan = args.folder / "plan.json"
        _, planning = measured(
            args.moetool, "plan", source, "--method", "random", "--remove", args.remove, "-o", plan, "--json", "-q"
        )
        print(f"plan: {planning['seconds']:.1f} s, peak {planning['peak'] / 2**20:.0f} MiB", flush=True)
        filler = args.folder / "filler"
        ratios = []
        for turn in range(args.rounds):
            drop(source)
            fill_cache(filler)
            output, prune = measured(args.moetool, "prune", source, "--plan", plan, "-o", pruned, "--json", "-q")
            length = json.loads(output)["bytesAfter"]
            shutil.rmtree(pruned)
            drop(source)
            fill_cache(filler)
            seconds = copied(source, copy, length)
            shutil.rmtree(copy)
            ratios.append(prune["seconds"] / seconds)
            print(
                f"round {turn + 1}: {length:,} bytes; prune {prune['seconds']:.1f} s ({length / prune['seconds'] / 1e6:.0f} MB/s),"
                f" processor {prune['cpu']:.1f} s, peak {prune['peak'] / 2**20:.0f} MiB;"
                f" cp {seconds:.1f} s ({length / seconds / 1e6:.0f} MB/s); load {os.getloadavg()[0]:.1f}",
                flush=True,
            )
        print(f"prune / cp: median {statistics.median(ratios):.2f} of {', '.join(f'{ratio:.2f}' for ratio in ratios)}")
    finally:
        for path in (source, pruned, copy):
            shutil.rmtree(path, ignore_errors=True)
        (args.folder / "filler").unlink(missing_ok=True)


if __name__ == "__main__":
    main()
