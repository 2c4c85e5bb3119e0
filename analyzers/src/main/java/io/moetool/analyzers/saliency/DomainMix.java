package io.moetool.analyzers.saliency;

import io.moetool.formats.BadInputException;
import java.util.List;

/**
 * A method's scores over a weighted mix of domains. The scores that the method gives on the data of
 * one domain alone are divided by their sum in the layer, so that domains with more tokens or
 * larger outputs do not outvote the others; then they are added up by weight (as EASY-EP, arXiv
 * 2504.06792, does for equal weights). The weights are divided by their sum. The scores of a layer
 * add up to 1, or to less where a domain has none.
 */
public final class DomainMix implements SaliencyMethod {
  private final SaliencyMethod method;
  private final List<Double> weights;
  private final double total;

  /**
   * A mix.
   *
   * @param method one that scores by data, never below zero
   * @param weights above zero, one a domain of the statistics it is to score by, in their order
   */
  public DomainMix(SaliencyMethod method, List<Double> weights) {
    if (method.needs() != Needs.DATA) {
      throw new IllegalArgumentException(method.name() + " does not score by data");
    }
    this.method = method;
    this.weights = List.copyOf(weights);
    this.total = weights.stream().mapToDouble(Double::doubleValue).sum();
  }

  @Override
  public String name() {
    return method.name();
  }

  @Override
  public String description() {
    return method.description();
  }

  @Override
  public String source() {
    return method.source();
  }

  @Override
  public Needs needs() {
    return Needs.DATA;
  }

  @Override
  public double[] score(LayerMeasurements layer) {
    double[] mixed = new double[layer.experts()];
    for (int domain = 0; domain < weights.size(); domain++) {
      double[] scores = method.score(layer.ofDomain(domain));
      double sum = 0;
      for (double score : scores) {
        if (score < 0) {
          throw new BadInputException(
              "method %s, layer %d".formatted(name(), layer.layer()),
              "scores below zero cannot be mixed over domains",
              "choose another method, or leave out --domains");
        }
        sum += score;
      }
      for (int expert = 0; expert < mixed.length && sum > 0; expert++) {
        mixed[expert] += scores[expert] / sum * (weights.get(domain) / total);
      }
    }
    return mixed;
  }
}
