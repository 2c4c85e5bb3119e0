package io.moetool.transforms.plan;

import io.moetool.analyzers.damage.LayerDamage;
import io.moetool.analyzers.routing.RoutingAnalysis;
import io.moetool.analyzers.statistics.ExpertStatistic;
import io.moetool.analyzers.statistics.LayerStatistics;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** What is known about the experts of one layer when the choice is made. */
public final class LayerEvidence {
  private final int layer;
  private final double[] scores;
  private final long @Nullable [] tokens;
  private final double @Nullable [] softCounts;
  private final double @Nullable [] shares;
  private final Optional<LayerDamage> damage;

  private LayerEvidence(
      int layer,
      double[] scores,
      long @Nullable [] tokens,
      double @Nullable [] softCounts,
      double @Nullable [] shares,
      Optional<LayerDamage> damage) {
    this.layer = layer;
    this.scores = scores;
    this.tokens = tokens;
    this.softCounts = softCounts;
    this.shares = shares;
    this.damage = damage;
  }

  /**
   * Scores that come from weights alone.
   *
   * @param layer index in the model
   * @param scores score by expert, higher means worth keeping
   */
  public static LayerEvidence ofWeights(int layer, double[] scores) {
    return new LayerEvidence(layer, scores.clone(), null, null, null, Optional.empty());
  }

  /**
   * Scores that come from a calibration pass.
   *
   * @param layer index in the model
   * @param scores score by expert, higher means worth keeping
   * @param tokens tokens that chose the expert, by expert
   * @param softCounts sum over all tokens of the expert's share in the router's scores, by expert
   */
  public static LayerEvidence ofData(
      int layer, double[] scores, long[] tokens, double[] softCounts) {
    if (tokens.length != scores.length || softCounts.length != scores.length) {
      throw new IllegalArgumentException(
          "layer %d: %d scores, %d counts and %d soft counts"
              .formatted(layer, scores.length, tokens.length, softCounts.length));
    }
    return new LayerEvidence(
        layer, scores.clone(), tokens.clone(), softCounts.clone(), null, Optional.empty());
  }

  /** The same with what a run of the model on data tells about the layer without some experts. */
  LayerEvidence measured(LayerStatistics statistics) {
    return withDamage(LayerDamage.of(statistics))
        .withShares(statistics.overall().toArray(ExpertStatistic.SOFT));
  }

  /** The same with what the layer loses without some of its experts. */
  public LayerEvidence withDamage(LayerDamage measured) {
    return new LayerEvidence(layer, scores, tokens, softCounts, shares, Optional.of(measured));
  }

  /**
   * The same with the router's scores of all data, whatever part of it experts are judged by.
   *
   * @param summed sum over all tokens of the expert's share in the router's scores, by expert
   */
  LayerEvidence withShares(double[] summed) {
    return new LayerEvidence(layer, scores, tokens, softCounts, summed.clone(), damage);
  }

  /**
   * Mean over all tokens of the share that these experts together have in the router's scores;
   * empty if that was not measured.
   */
  OptionalDouble share(Collection<Integer> experts) {
    double[] summed = shares;
    if (summed == null) {
      return OptionalDouble.empty();
    }
    double all = Arrays.stream(summed).sum();
    return all == 0
        ? OptionalDouble.empty()
        : OptionalDouble.of(experts.stream().mapToDouble(e -> summed[e]).sum() / all);
  }

  /** What the layer loses without some of its experts; empty if that was not measured. */
  Optional<LayerDamage> damage() {
    return damage;
  }

  /** Index in the model. */
  public int layer() {
    return layer;
  }

  /** Number of experts. */
  public int experts() {
    return scores.length;
  }

  /** Score of an expert. */
  public double score(int expert) {
    return scores[expert];
  }

  /** Tokens that chose an expert; empty without data. */
  public OptionalLong tokens(int expert) {
    return tokens == null ? OptionalLong.empty() : OptionalLong.of(tokens[expert]);
  }

  /** Whether there was data and no token chose this expert. */
  public boolean isUnused(int expert) {
    return tokens != null && tokens[expert] == 0;
  }

  /** Experts that too few tokens chose for a score that means something; none without data. */
  List<Integer> starved() {
    return fewerThan(RoutingAnalysis.FEW_TOKENS);
  }

  /** Experts that fewer tokens chose; none without data. */
  List<Integer> fewerThan(long least) {
    long[] counted = tokens;
    return counted == null
        ? List.of()
        : IntStream.range(0, counted.length)
            .filter(expert -> counted[expert] < least)
            .boxed()
            .toList();
  }

  /** Share in the router's scores, summed over all tokens; 0 without data. */
  double softCount(int expert) {
    return softCounts == null ? 0 : softCounts[expert];
  }
}
