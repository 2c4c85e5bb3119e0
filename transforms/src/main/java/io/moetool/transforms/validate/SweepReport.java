package io.moetool.transforms.validate;

import io.moetool.analyzers.report.Page;
import io.moetool.formats.EnvironmentException;
import io.moetool.formats.publish.StagedFile;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Writes a sweep as one HTML page that needs neither network nor script, in light and dark. */
public final class SweepReport {
  private static final String TEMPLATE = "/io/moetool/transforms/validate/sweep.html";
  private static final String STYLE = "/io/moetool/analyzers/report/report.css";

  private SweepReport() {}

  /**
   * Writes the page.
   *
   * @param base what the base is called
   * @throws EnvironmentException if the disk refuses
   */
  public static void write(Path file, String base, Sweep sweep) {
    StagedFile.write(file, html(base, sweep));
  }

  static String html(String base, Sweep sweep) {
    return Page.fill(
        Page.resource(TEMPLATE),
        Map.of(
            "title",
            Page.inText("%d candidates".formatted(sweep.candidates().size())),
            "subtitle",
            Page.inText("Base: " + base),
            "style",
            Page.resource(STYLE),
            "plot",
            new SweepPlot(sweep).svg(),
            "verdict",
            verdict(sweep),
            "candidates",
            candidates(base, sweep)));
  }

  private static String verdict(Sweep sweep) {
    if (sweep.candidates().getFirst().gates().isEmpty()) {
      return "";
    }
    return "<p><strong>%s</strong></p>"
        .formatted(
            Page.inText(
                sweep
                    .smallestPassing()
                    .map(name -> "The smallest that keeps all gates: " + name)
                    .orElse("None keeps all gates.")));
  }

  private static String candidates(String base, Sweep sweep) {
    List<String> tasks =
        sweep.candidates().getFirst().tasks().stream().map(TaskComparison::name).toList();
    StringBuilder table = new StringBuilder("<tr>");
    Stream.of(
            Stream.of("", "Bytes", "Perplexity", "Ratio", "KL divergence", "Top-1 agreement"),
            tasks.stream(),
            Stream.of("Front", "Gates not kept"))
        .flatMap(names -> names)
        .forEach(name -> table.append("<th>").append(Page.inText(name)).append("</th>"));
    table.append("</tr>\n");
    Stream<String> ofBase =
        Stream.of(
            base,
            String.format(Locale.ROOT, "%,d", sweep.baseSize().bytes()),
            String.format(Locale.ROOT, "%.3f", sweep.base().perplexity()),
            "",
            "",
            "");
    Stream<String> scores =
        sweep.candidates().getFirst().tasks().stream().map(task -> share(task.base().score()));
    table.append(row(Stream.of(ofBase, scores, Stream.of("", "")).flatMap(cells -> cells)));
    for (SweptModel model : sweep.candidates()) {
      table.append(row(cells(model)));
    }
    return table.toString();
  }

  private static Stream<String> cells(SweptModel model) {
    Stream<String> measured =
        Stream.of(
            model.name(),
            String.format(Locale.ROOT, "%,d", model.size().bytes()),
            String.format(Locale.ROOT, "%.3f", model.candidate().perplexity()),
            String.format(Locale.ROOT, "%.3f", model.perplexityRatio())
                + interval(model.intervals().map(Intervals::perplexityRatio)),
            String.format(Locale.ROOT, "%.4f", model.klDivergence())
                + interval(model.intervals().map(Intervals::klDivergence)),
            share(model.top1Agreement()));
    Stream<String> scores = model.tasks().stream().map(task -> share(task.candidate().score()));
    String failed =
        model.gates().stream()
            .filter(gate -> !gate.passed())
            .map(GateResult::name)
            .collect(Collectors.joining(", "));
    return Stream.of(measured, scores, Stream.of(model.onFront() ? "yes" : "", failed))
        .flatMap(cells -> cells);
  }

  private static String row(Stream<String> cells) {
    return cells
        .map(cell -> "<td>%s</td>".formatted(Page.inText(cell)))
        .collect(Collectors.joining("", "<tr>", "</tr>\n"));
  }

  private static String interval(Optional<Interval> interval) {
    return interval
        .map(range -> String.format(Locale.ROOT, " [%.3f, %.3f]", range.low(), range.high()))
        .orElse("");
  }

  private static String share(double value) {
    return String.format(Locale.ROOT, "%.1f%%", value * 100);
  }
}
