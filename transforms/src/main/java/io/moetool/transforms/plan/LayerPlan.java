package io.moetool.transforms.plan;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import java.util.OptionalDouble;

/**
 * What is to happen to the experts of one layer.
 *
 * @param layer index in the model
 * @param kept experts that stay, ascending; their position is their number in the result
 * @param dropped experts that go, ascending
 * @param scores score by expert, higher means worth keeping
 * @param margin lowest score that stays without protection minus highest score that goes; empty if
 *     nothing goes or all that stays is protected
 * @param protectedExperts experts that stay whatever their score, ascending
 * @param reasons what a reviewer ought to know about the choice, in words
 */
public record LayerPlan(
    int layer,
    List<Integer> kept,
    List<Integer> dropped,
    List<Double> scores,
    OptionalDouble margin,
    @JsonProperty("protected") List<Integer> protectedExperts,
    List<String> reasons) {
  public LayerPlan {
    kept = List.copyOf(kept);
    dropped = List.copyOf(dropped);
    scores = List.copyOf(scores);
    protectedExperts = List.copyOf(protectedExperts);
    reasons = List.copyOf(reasons);
  }
}
