package io.moetool.analyzers.saliency;

import io.moetool.analyzers.statistics.ExpertStatistic;
import io.moetool.analyzers.statistics.ExpertSums;
import java.util.List;

/**
 * Σ g ‖f‖₂ m with m = max(0, 1 - cos(u, v)) of the hidden states before and after the block: what
 * an expert adds counts as far as the block turns the token around.
 *
 * <p>Each domain's scores are divided by their sum before domains are averaged, so that a domain
 * with larger outputs does not outvote the others. The scores of a layer add up to 1, or to 0 if
 * nothing moved.
 */
final class EasyEp implements SaliencyMethod {
  @Override
  public String name() {
    return "easy_ep";
  }

  @Override
  public String description() {
    return "what the expert adds, weighted by how far the block turns the token; domains count alike";
  }

  @Override
  public String source() {
    return "EASY-EP, arXiv 2504.06792";
  }

  @Override
  public Needs needs() {
    return Needs.DATA;
  }

  @Override
  public double[] score(LayerMeasurements layer) {
    List<ExpertSums> domains = layer.requireRouted().byDomain();
    double[] scores = new double[layer.experts()];
    for (ExpertSums domain : domains) {
      double total = domain.total(ExpertStatistic.EASY);
      for (int expert = 0; expert < scores.length && total > 0; expert++) {
        scores[expert] += domain.get(ExpertStatistic.EASY, expert) / total / domains.size();
      }
    }
    return scores;
  }
}
