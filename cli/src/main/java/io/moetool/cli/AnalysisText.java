package io.moetool.cli;

import io.moetool.analyzers.Analysis;
import io.moetool.analyzers.damage.LayerForecast;
import io.moetool.analyzers.report.Report;
import io.moetool.analyzers.routing.LayerRouting;
import io.moetool.analyzers.superexperts.SuperExpert;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** An analysis for people, in short; the report says everything. */
final class AnalysisText {
  private AnalysisText() {}

  static String render(Path folder, Analysis analysis, Console.Ink ink) {
    String seen =
        analysis
            .data()
            .map(data ->
                "%d tokens%s in %d sequences, domains: %s"
                    .formatted(
                        data.tokens(),
                        data.sourceTokens() == 0
                            ? ""
                            : " and %d of sources".formatted(data.sourceTokens()),
                        data.sequences(),
                        String.join(", ", data.domains().keySet())))
            .orElse("weights alone");
    return "%s  %s\n".formatted(ink.bold(folder.toString()), seen)
        + sides(analysis.model())
        + layers(analysis).render("  ")
        + superExperts(analysis)
        + damage(analysis)
        + "  report: %s\n".formatted(folder.resolve(Report.NAME));
  }

  /** Whose layers have which numbers. */
  private static String sides(Analysis.Model model) {
    return model.encoderLayers() == 0
        ? ""
        : "  layers %d to %d are the encoder's and see sources, %d to %d the decoder's\n"
            .formatted(0, model.encoderLayers() - 1, model.encoderLayers(), model.layers() - 1);
  }

  private static Table layers(Analysis analysis) {
    Table table = new Table();
    if (analysis.data().isEmpty()) {
      return table;
    }
    table.row("layer", "entropy", "at most", "busiest expert", "unused", "starved");
    for (Analysis.Layer layer : analysis.layers()) {
      if (layer.routing().isPresent()) {
        LayerRouting routing = layer.routing().get();
        table.row(
            layer.layer(),
            bits(routing.entropy()),
            bits(routing.maxEntropy()),
            Amounts.percent(routing.maxShare()),
            routing.unusedExperts().size(),
            routing.starvedExperts().size());
      }
    }
    return table;
  }

  private static String superExperts(Analysis analysis) {
    if (analysis.superExpertRule().isEmpty()) {
      return "";
    }
    return "  super experts: %s by the published rule, %s set apart by a wide gap\n"
        .formatted(
            names(analysis.superExperts()), names(analysis.superExpertRule().get().setApart()));
  }

  /** What half the experts would cost, and how many are hardly missed. */
  private static String damage(Analysis analysis) {
    if (analysis.damage().isEmpty()) {
      return "";
    }
    double half = 0;
    int tolerable = 0;
    for (LayerForecast layer : analysis.damage()) {
      List<Double> errors = layer.relativeError();
      half += errors.get(Math.min(errors.size() - 1, analysis.model().experts() / 2));
      tolerable += layer.removed().size();
    }
    return "  without half its experts a layer's output is off by %s on average; %d of %d experts could go at %s or less\n"
        .formatted(
            Amounts.percent(half / analysis.damage().size()),
            tolerable,
            analysis.damage().size() * analysis.model().experts(),
            Amounts.percent(LayerForecast.TOLERABLE));
  }

  private static String names(List<SuperExpert> experts) {
    return experts.isEmpty()
        ? "none"
        : experts.stream()
            .map(e -> "layer %d expert %d".formatted(e.layer(), e.expert()))
            .collect(Collectors.joining(", "));
  }

  private static String bits(double entropy) {
    return String.format(Locale.ROOT, "%.2f bits", entropy);
  }
}
