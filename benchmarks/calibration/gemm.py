"""Speed of a float32 matrix product, 512x2048 by 2048x1024, in FLOP/s: `gemm.py THREADS`.

The best of many short products: what the machine reaches where no neighbour interrupts.
"""

import os
import sys
import time

os.environ["OMP_NUM_THREADS"] = sys.argv[1]

import torch  # noqa: E402

torch.set_num_threads(int(sys.argv[1]))
best = float("inf")
with torch.inference_mode():
    for rows, inner, columns in ((512, 2048, 1024), (512, 512, 512)):
        a, b = torch.randn(rows, inner), torch.randn(inner, columns)
        for _ in range(int(6e11 / (2 * rows * inner * columns)) // 2):
            start = time.perf_counter()
            torch.mm(a, b)
            best = min(best, (time.perf_counter() - start) / (2 * rows * inner * columns))
print(1 / best)
