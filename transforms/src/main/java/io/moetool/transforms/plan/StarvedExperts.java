package io.moetool.transforms.plan;

import io.moetool.analyzers.superexperts.ProtectList;
import java.util.List;
import java.util.Optional;

/**
 * Experts that too few calibration tokens chose for a score that means anything. They are not
 * judged by data: they stay.
 */
public final class StarvedExperts {
  private StarvedExperts() {}

  /**
   * A list that protects them.
   *
   * @param evidence scores from data
   * @param least tokens that have to choose an expert for it to be judged
   */
  public static ProtectList of(Evidence evidence, long least) {
    List<ProtectList.Entry> entries =
        evidence.layers().stream()
            .flatMap(layer ->
                layer.fewerThan(least).stream()
                    .map(expert ->
                        new ProtectList.Entry(
                            layer.layer(),
                            expert,
                            "%d calibration tokens chose it, too few to judge by"
                                .formatted(layer.tokens(expert).orElseThrow()))))
            .toList();
    return ProtectList.ofExperts(
        Optional.of(evidence.fingerprint()),
        "experts that fewer than %d calibration tokens chose are not judged by them"
            .formatted(least),
        entries);
  }
}
