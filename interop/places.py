"""Where the project keeps what the scripts read and write."""

import pathlib

ROOT = pathlib.Path(__file__).resolve().parent.parent
EXAMPLES = ROOT / "examples"
BUNDLED_MODEL = EXAMPLES / "tinymoe-6d"
HELDOUT_TEXT = EXAMPLES / "text" / "heldout.jsonl"
TASKS = EXAMPLES / "tasks"

CHECKPOINTS = ROOT / "runtime" / "src" / "test" / "resources" / "golden"
ENCODER_CHECKPOINTS = ROOT / "runtime" / "src" / "test" / "resources" / "encoder"
STATISTICS = ROOT / "analyzers" / "src" / "test" / "resources" / "golden"
ENCODER_STATISTICS = ROOT / "analyzers" / "src" / "test" / "resources" / "encoder"
SAMPLES = ROOT / "analyzers" / "src" / "test" / "resources" / "sample"
ROUTER_FITS = ROOT / "transforms" / "src" / "test" / "resources" / "router-fit"
NEURONS = ROOT / "analyzers" / "src" / "test" / "resources" / "neurons"
TASK_ANSWERS = ROOT / "transforms" / "src" / "test" / "resources" / "tasks" / "continuation.json"
ROUTERS = ROOT / "analyzers" / "src" / "test" / "resources" / "routers"
MERGED = ROOT / "transforms" / "src" / "test" / "resources" / "merged"
EXPORTED_BY_TORCH = ROOT / "transforms" / "src" / "test" / "resources" / "exported"
