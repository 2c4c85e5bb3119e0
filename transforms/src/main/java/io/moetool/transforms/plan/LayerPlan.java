package io.moetool.transforms.plan;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.Stream;

/**
 * What is to happen to the experts of one layer.
 *
 * @param layer index in the model
 * @param kept experts that stay, ascending
 * @param masked experts that stay stored but are never chosen, ascending; they fill the places that
 *     other layers have experts for
 * @param dropped experts that go, ascending
 * @param scores score by expert, higher means worth keeping
 * @param margin lowest score that stays without protection minus highest score that goes; empty if
 *     nothing goes or all that stays is protected
 * @param damage forecast of what the layer loses: the squared error in its hidden states, as a
 *     share of them, if what is not kept yields nothing; the mean over calibration tokens; empty if
 *     the model was not run on data
 * @param protectedExperts experts that stay whatever their score, ascending
 * @param reasons what a reviewer ought to know about the choice, in words
 * @param groups experts that are merged, by ascending leader, which is kept while the others are
 *     dropped; none if experts are only removed
 */
public record LayerPlan(
    int layer,
    List<Integer> kept,
    List<Integer> masked,
    List<Integer> dropped,
    List<Double> scores,
    OptionalDouble margin,
    OptionalDouble damage,
    @JsonProperty("protected") List<Integer> protectedExperts,
    List<String> reasons,
    List<MergeGroup> groups) {
  public LayerPlan {
    kept = List.copyOf(kept);
    masked = List.copyOf(masked);
    dropped = List.copyOf(dropped);
    scores = List.copyOf(scores);
    protectedExperts = List.copyOf(protectedExperts);
    reasons = List.copyOf(reasons);
    groups = List.copyOf(groups);
  }

  /** The same with one more thing that a reviewer ought to know. */
  LayerPlan with(String reason) {
    return new LayerPlan(
        layer,
        kept,
        masked,
        dropped,
        scores,
        margin,
        damage,
        protectedExperts,
        Stream.concat(reasons.stream(), Stream.of(reason)).toList(),
        groups);
  }

  /** Experts that are stored, ascending: their position is their number in the result. */
  public List<Integer> stored() {
    return Stream.concat(kept.stream(), masked.stream()).sorted().toList();
  }

  /**
   * Which experts are not kept, by number.
   *
   * @param experts how many the source has
   */
  public boolean[] gone(int experts) {
    boolean[] gone = new boolean[experts];
    Arrays.fill(gone, true);
    kept().forEach(expert -> gone[expert] = false);
    return gone;
  }
}
