"""Measures `moetool analyze` against transformers, run after run in turn; see run.sh."""

import argparse
import itertools
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import safetensors

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TOLERANCE = 1e-4
MOVED = 1e-5
BATCHES = (1, 8, 32)


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("moetool")
    parser.add_argument("--model", default=str(ROOT / "examples/tinymoe-6d"))
    parser.add_argument("--data", default=str(ROOT / "examples/text/calibration.jsonl"))
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--repeat", type=int, default=1, help="the text this often, shifted each time")
    parser.add_argument("--rival", help="do not tune: products and batch, as in grouped:8")
    parser.add_argument(
        "--spin",
        action="store_true",
        help="tune with threads that wait by spinning, too: for a machine without other work",
    )
    parser.add_argument("--only", action="store_true", help="the fastest rival alone, not hooks and floor")
    parser.add_argument("--json", help="write all single measurements here")
    return parser.parse_args()


class Bench:
    def __init__(self, args, scratch):
        self.args = args
        self.scratch = Path(scratch)
        self.data = self.scratch / "data.jsonl"
        repeat(Path(args.data), self.data, args.repeat)

    def timed(self, command, environment=None):
        """Wall and processor seconds and peak memory of a process and all it starts."""
        log = self.scratch / "stderr"
        with open(log, "wb") as err:
            start = time.perf_counter()
            process = subprocess.Popen(
                command,
                stdout=subprocess.DEVNULL,
                stderr=err,
                env={**os.environ, **(environment or {})},
            )
            _, status, usage = os.wait4(process.pid, 0)
            wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        text = log.read_text(errors="replace")
        if process.returncode != 0:
            sys.exit(f"{' '.join(map(str, command))}\nfailed:\n{text}")
        return {
            "wall": wall,
            "cpu": usage.ru_utime + usage.ru_stime,
            "peak": usage.ru_maxrss * 1024,
        }, text

    def moetool(self):
        out = self.scratch / "analysis"
        command = [self.args.moetool, "analyze", self.args.model, "--data", self.data, "--sample-tokens", "0", "-o", out]
        command += ["--threads", str(self.args.threads), "--compute", "float32", "--device", "cpu"]
        result, text = self.timed(command)
        found = re.search(r"layers: \d+ in ([\d.]+) s", text)
        result["pass"] = float(found[1])
        return result, out

    def rival(self, setting, *more):
        out = self.scratch / "rival.json"
        experts, batch, wait, flush = setting
        command = [sys.executable, HERE / "rival.py", self.args.model, self.data, "-o", out]
        command += ["--threads", str(self.args.threads), "--experts", experts]
        command += ["--batch", str(batch), *(["--flush"] if flush else []), *more]
        result, _ = self.timed(command, {"OMP_WAIT_POLICY": wait} if wait else None)
        document = json.loads(out.read_text())
        result["pass"] = document["passSeconds"]
        result["passCpu"] = document["passCpuSeconds"]
        return result, document

    def wait(self):
        """Threads that sleep while they wait are the faster ones on a machine with other work."""
        return "PASSIVE" if self.args.threads > 1 else ""

    def given(self):
        experts, batch = self.args.rival.split(":")
        return experts, int(batch), self.wait(), False

    def tune(self):
        """The fastest setting of the rival, by its best pass of three over a part of the data."""
        waits = ("PASSIVE", "") if self.args.spin else (self.wait(),)
        best = None
        print("tuning the rival", flush=True)
        for experts, wait, batch in itertools.product(("grouped", "loop"), waits, BATCHES):
            for flush in (False, True):
                if flush and (experts, batch) != ("grouped", 8):
                    continue
                setting = (experts, batch, wait, flush)
                result, _ = self.rival(setting, "--passes", "3", "--max-sequences", "48")
                print(f"  {name(setting)}: {result['pass']:.2f} s", flush=True)
                if best is None or result["pass"] < best[0]:
                    best = (result["pass"], setting)
        return best[1]

    def peak(self):
        command = [sys.executable, HERE / "gemm.py", str(self.args.threads)]
        return float(subprocess.run(command, check=True, capture_output=True).stdout)


def repeat(source, target, times):
    """Rows turned by a part of their length each time, so that no two are the same."""
    rows = [json.loads(line) for line in source.read_text(encoding="utf-8").splitlines() if line]
    with open(target, "w", encoding="utf-8") as file:
        for turn in range(times):
            for row in rows:
                key = "text" if "text" in row else "tokens"
                cut = len(row[key]) * turn // times
                turned = row[key][cut:] + row[key][:cut]
                file.write(json.dumps({**row, key: turned}, ensure_ascii=False) + "\n")


def name(setting):
    experts, batch, wait, flush = setting
    return f"{experts}, batch {batch}" + (f", threads {wait.lower()}" if wait else "") + (
        ", denormals flushed" if flush else ""
    )


def check(folder, document):
    """Ends the run unless both computed the same; returns how far they are apart.

    Where two experts' scores are closer than float32 is exact, one token in very many goes to the other
    expert. REAP is held to the tolerance for all experts with equal counts, and such tokens are counted.
    """
    worst = {}
    with safetensors.safe_open(folder / "statistics.safetensors", "np") as file:
        described = json.loads(file.metadata()["moetool-statistics"])
        domains = [domain["name"] for domain in described["data"]["domains"]]
        tokens = sum(domain["tokens"] for domain in described["data"]["domains"])
        if domains != document["domains"] or tokens != document["tokens"]:
            sys.exit(f"not the same tokens: {tokens} in {domains}, {document['tokens']}")
        moved = 0
        for layer, domain in itertools.product(described["model"]["moeLayers"], range(len(domains))):
            ours = {
                key: file.get_tensor(f"layers.{layer}.domain{domain}.{key}").tolist()
                for key in ("n", "a1", "r1", "mx")
            }
            theirs = {key: document["sums"][key][layer][domain] for key in ours}
            moved += sum(abs(a - b) for a, b in zip(ours["n"], theirs["n"])) / 2
        overall = {key: totals(file, described, key) for key in ("n", "a1", "r1", "mx")}
    for layer in range(len(overall["n"])):
        theirs = {
            key: [
                (max if key == "mx" else sum)(values)
                for values in zip(*document["sums"][key][layer])
            ]
            for key in overall
        }
        ours = {key: overall[key][layer] for key in overall}
        for values in (ours, theirs):
            values["reap"] = [r / n if n else 0 for r, n in zip(values["r1"], values["n"])]
        for key in ("a1", "r1", "mx", "reap"):
            for a, b, n, m in zip(ours[key], theirs[key], ours["n"], theirs["n"]):
                if n != m:
                    continue
                worst[key] = max(worst.get(key, 0), abs(a - b) / max(abs(a), abs(b), 1e-30))
    print(f"{tokens} tokens; {moved:.0f} choices of an expert differ (ties in float32)")
    print("largest relative differences:", {key: f"{value:.1e}" for key, value in worst.items()})
    choices = sum(map(sum, overall["n"]))
    if worst["reap"] > TOLERANCE or moved > MOVED * choices:
        sys.exit("the two do not compute the same REAP scores")
    return tokens, moved, worst


def totals(file, described, key):
    reduce = max if key == "mx" else sum
    return [
        [
            reduce(values)
            for values in zip(
                *(
                    file.get_tensor(f"layers.{layer}.domain{domain}.{key}").tolist()
                    for domain in range(len(described["data"]["domains"]))
                )
            )
        ]
        for layer in described["model"]["moeLayers"]
    ]


def flops(model, tokens, sequences):
    """Multiplications and additions of products for one token, without embedding and head.

    Attention counts the lower triangle only: what must be computed, not what is.
    """
    config = json.loads((Path(model) / "config.json").read_text())
    hidden = config["hidden_size"]
    head = config.get("head_dim") or hidden // config["num_attention_heads"]
    query = config["num_attention_heads"] * head
    projections = hidden * (2 * query + 2 * config["num_key_value_heads"] * head)
    router = hidden * config["num_experts"]
    experts = 3 * hidden * config.get("moe_intermediate_size", config["intermediate_size"]) * config["num_experts_per_tok"]
    attention = 2 * query * (tokens / sequences + 1) / 2
    return 2 * config["num_hidden_layers"] * (projections + router + experts + attention)


def median(rows, key):
    return statistics.median(row[key] for row in rows)


def main():
    args = arguments()
    with tempfile.TemporaryDirectory() as scratch:
        bench = Bench(args, scratch)
        print(platform.platform(), "load", os.getloadavg(), "threads", args.threads, flush=True)
        setting = bench.given() if args.rival else bench.tune()
        print("rival:", name(setting), flush=True)

        # The warm-up is also the check that both compute the same.
        _, folder = bench.moetool()
        _, document = bench.rival(setting)
        tokens, moved, worst = check(folder, document)
        peaks = [bench.peak()]

        kinds = {"moetool": None, "transformers": setting}
        if not args.only:
            kinds["transformers, hooks"] = ("hook", *setting[1:])
            kinds["transformers, no sums"] = ("plain", *setting[1:])
        rows = {kind: [] for kind in kinds}
        for turn in range(args.rounds):
            for kind, how in kinds.items():
                result, _ = bench.moetool() if how is None else bench.rival(how)
                result["load"] = os.getloadavg()[0]
                rows[kind].append(result)
                print(f"  round {turn + 1} {kind}:", short(result), flush=True)
        peaks.append(bench.peak())

    peak = max(peaks)
    perToken = flops(args.model, tokens, document["sequences"])
    report(rows, tokens, perToken, peak)
    if args.json:
        record = {
            "threads": args.threads,
            "tokens": tokens,
            "sequences": document["sequences"],
            "rival": name(setting),
            "torch": document["torch"],
            "transformers": document["transformers"],
            "choicesThatDiffer": moved,
            "largestDifferences": worst,
            "flopsPerToken": perToken,
            "peakFlops": peaks,
            "runs": rows,
        }
        Path(args.json).write_text(json.dumps(record, indent=1))


def short(result):
    return ", ".join(f"{key} {value:.4g}" for key, value in result.items())


def report(rows, tokens, perToken, peak):
    print(f"\n{perToken / 1e6:.2f} MFLOP a token; GEMM peak {peak / 1e9:.0f} GFLOP/s")
    print("| | pass, tokens/s | of GEMM peak | process, s | processor, s | tokens per processor s | peak memory |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for kind, runs in rows.items():
        rate = tokens / median(runs, "pass")
        print(
            f"| {kind} | {rate:,.0f} | {100 * rate * perToken / peak:.1f} % | {median(runs, 'wall'):.1f} "
            f"| {median(runs, 'cpu'):.1f} | {tokens / median(runs, 'cpu'):,.0f} "
            f"| {median(runs, 'peak') / 2**20:.0f} MiB |"
        )
    print()
    ours = rows["moetool"]
    for kind, runs in rows.items():
        if kind != "moetool":
            for key in ("pass", "wall", "cpu"):
                ratios = sorted(b[key] / a[key] for a, b in zip(ours, runs))
                print(
                    f"{kind} / moetool, {key}: median {statistics.median(ratios):.2f}"
                    f" (pairs: {', '.join(f'{ratio:.2f}' for ratio in ratios)})"
                )


main()
