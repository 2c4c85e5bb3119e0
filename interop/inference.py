"""Prints what InferenceTest compares with: SciPy's bootstrap and permutation test of paired losses.

    interop/.venv/bin/python interop/inference.py
"""

import numpy as np
from scipy import stats

TOKENS = np.array([7, 3, 9, 5, 8, 2, 6, 4, 7, 5, 3, 8], dtype=float)
DIFFERENCES = np.array([1.5, -0.25, 2.0, 0.5, -0.75, 0.125, 1.0, 0.25, -0.5, 0.875, 0.0, 1.25])


def main():
    test = stats.permutation_test(
        (DIFFERENCES,), np.sum, permutation_type="samples", alternative="two-sided", n_resamples=np.inf
    )
    print("exact p", test.pvalue)
    interval = stats.bootstrap(
        (DIFFERENCES, TOKENS),
        lambda d, t, axis=-1: d.sum(axis=axis) / t.sum(axis=axis),
        paired=True,
        vectorized=True,
        method="percentile",
        n_resamples=200_000,
        rng=np.random.default_rng(0),
        batch=10_000,
    ).confidence_interval
    print("interval", interval.low, interval.high)
    print("quantile", np.quantile([1.0, 2.0, 4.0, 8.0, 16.0], [0.025, 0.3, 0.975]))


if __name__ == "__main__":
    main()
