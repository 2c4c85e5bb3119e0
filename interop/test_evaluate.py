"""`evaluate` and `validate` report the numbers that follow from transformers' logits."""

import unittest
from collections import defaultdict

import numpy

import tool
from oracle import losses
from subjects import EVERY, TINY, for_each, one_test_per_subject, predicted_positions

LOSS_TOLERANCE = 2e-4


@one_test_per_subject
class Evaluate(unittest.TestCase):
    @for_each(EVERY)
    def loss_is_that_of_transformers(self, subject):
        report = tool.run_json("evaluate", subject.folder, "--data", subject.data, "--device", "cpu", "--compute", "float32")
        by_domain = defaultdict(list)
        for domain, tokens, run in zip(subject.domains, subject.sequences, subject.runs):
            by_domain[domain].append(losses(run.logits, tokens))
        everything = numpy.concatenate([part for parts in by_domain.values() for part in parts])

        self.assertEqual(report["form"], "checkpoint")
        self.assertEqual(report["sequences"], len(subject.sequences))
        self.assertEqual(report["tokens"], subject.predicted)
        self.assertAlmostEqual(report["meanNll"], everything.mean(), delta=LOSS_TOLERANCE)
        self.assertAlmostEqual(report["perplexity"], numpy.exp(report["meanNll"]), delta=1e-6 * report["perplexity"])
        self.assertEqual(report["domains"].keys(), by_domain.keys())
        for domain, parts in by_domain.items():
            loss = numpy.concatenate(parts)
            self.assertEqual(report["domains"][domain]["tokens"], len(loss))
            self.assertAlmostEqual(report["domains"][domain]["meanNll"], loss.mean(), delta=LOSS_TOLERANCE)


@one_test_per_subject
class Validate(unittest.TestCase):
    @for_each(EVERY)
    def divergence_and_agreement_are_those_of_transformers(self, subject):
        folder, _ = subject.pruned
        report = tool.run_json("validate", subject.folder, folder, "--data", subject.data, "--device", "cpu", "--compute", "float32")
        divergences, agreements = [], []
        for tokens, run in zip(subject.sequences, subject.runs):
            base, candidate = predicted_positions(run.logits), predicted_positions(subject.pruned_oracle.logits(tokens))
            p, q = log_softmax(base), log_softmax(candidate)
            divergences.append((numpy.exp(p) * (p - q)).sum(axis=-1))
            agreements.append(base.argmax(axis=-1) == candidate.argmax(axis=-1))
        divergence = numpy.concatenate(divergences).mean()
        agreement = numpy.concatenate(agreements).mean()

        self.assertAlmostEqual(report["klDivergence"], divergence, delta=1e-3 * max(1.0, divergence))
        self.assertAlmostEqual(report["top1Agreement"], agreement, delta=1.5 / subject.predicted)
        self.assertAlmostEqual(report["base"]["meanNll"], subject.oracle.mean_loss(subject.sequences), delta=LOSS_TOLERANCE)
        self.assertAlmostEqual(report["candidate"]["meanNll"], subject.pruned_oracle.mean_loss(subject.sequences), delta=LOSS_TOLERANCE)

    @for_each(TINY[:1])
    def gate_that_fails_exits_with_4(self, subject):
        folder, _ = subject.pruned
        report = tool.run_json("validate", subject.folder, folder, "--data", subject.data, "--max-kl", "1e-9", exit_code=4)
        self.assertFalse(report["passed"])


def log_softmax(logits):
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return shifted - numpy.log(numpy.exp(shifted).sum(axis=-1, keepdims=True))


if __name__ == "__main__":
    unittest.main()
