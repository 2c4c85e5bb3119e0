package io.moetool.analyzers.report;

import io.moetool.analyzers.Analysis;
import io.moetool.analyzers.saliency.SaliencyCatalog;
import io.moetool.analyzers.saliency.SaliencyMethod;
import java.util.ArrayList;
import java.util.List;

/**
 * One number for every expert of a model.
 *
 * @param name of the method
 * @param title for people
 * @param description for people
 * @param values packed float32, layer after layer
 */
record PackedMetric(String name, String title, String description, String values) {
  /** Characters that all metrics together may take. */
  private static final long BUDGET = 660_000;

  private static final int AT_LEAST = 3;

  /** Methods that the page offers, those first that it offers in any case. */
  private enum Offered {
    REAP("reap", "REAP"),
    FREQUENCY("frequency", "Tokens"),
    EAN_SUM("ean_sum", "EAN sum"),
    MAX_ACTIVATIONS("max_activations", "Largest output"),
    EAN_MEAN("ean_mean", "EAN mean"),
    EASY_EP("easy_ep", "EASY-EP"),
    LEAVE_ONE_OUT("leave_one_out", "Error without it"),
    NAEE("naee", "Eliminated at step (NAEE)"),
    SOFT_COUNT("soft_count", "Soft count"),
    AIMER("aimer", "AIMER"),
    MAGNITUDE("magnitude", "Magnitude");

    private final String method;
    private final String title;

    Offered(String method, String title) {
      this.method = method;
      this.title = title;
    }
  }

  /** As many of the offered methods as have scores and fit. */
  static List<PackedMetric> of(Analysis analysis) {
    long each = 16L * analysis.layers().size() * analysis.model().experts() / 3;
    long room = Math.max(AT_LEAST, BUDGET / Math.max(1, each));
    List<PackedMetric> metrics = new ArrayList<>();
    for (Offered offered : Offered.values()) {
      boolean scored = analysis.layers().getFirst().saliency().containsKey(offered.method);
      if (scored && metrics.size() < room) {
        metrics.add(of(analysis, offered));
      }
    }
    return metrics;
  }

  private static PackedMetric of(Analysis analysis, Offered offered) {
    SaliencyMethod method = SaliencyCatalog.named(offered.method, 0);
    double[] values =
        analysis.layers().stream()
            .flatMap(layer -> layer.saliency().getOrDefault(offered.method, List.of()).stream())
            .mapToDouble(Double::doubleValue)
            .toArray();
    return new PackedMetric(
        method.name(),
        offered.title,
        "%s: %s (%s)".formatted(method.name(), method.description(), method.source()),
        PackedNumbers.float32(values));
  }
}
