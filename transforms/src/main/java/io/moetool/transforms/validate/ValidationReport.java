package io.moetool.transforms.validate;

import io.moetool.analyzers.report.Page;
import io.moetool.formats.EnvironmentException;
import io.moetool.formats.publish.StagedFile;
import io.moetool.transforms.evaluate.Evaluation;
import io.moetool.transforms.evaluate.ModelSize;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Writes a validation as one HTML page that needs neither network nor script, in light and dark.
 */
public final class ValidationReport {
  private static final String TEMPLATE = "/io/moetool/transforms/validate/validation.html";
  private static final String STYLE = "/io/moetool/analyzers/report/report.css";

  private ValidationReport() {}

  /**
   * Writes the page.
   *
   * @param base what the base is called
   * @param candidate what the candidate is called
   * @throws EnvironmentException if the disk refuses
   */
  public static void write(Path file, String base, String candidate, Validation validation) {
    StagedFile.write(file, html(base, candidate, validation));
  }

  static String html(String base, String candidate, Validation validation) {
    SequencedMap<String, DomainComparison> rows = new LinkedHashMap<>(validation.domains());
    if (rows.size() != 1) {
      rows.put("all domains", all(validation));
    }
    return Page.fill(
        Page.resource(TEMPLATE),
        Map.of(
            "title", Page.inText("Validation of " + candidate),
            "subtitle", Page.inText("Base: " + base),
            "style", Page.resource(STYLE),
            "models", models(validation),
            "gates", gates(validation.gates()),
            "plot", new RatioPlot(rows).svg(),
            "tasks", tasks(validation.tasks()),
            "layers", layers(validation.layers()),
            "domains", domains(rows),
            "inference", Page.inText(inference(validation.inference()))));
  }

  private static DomainComparison all(Validation validation) {
    return new DomainComparison(
        validation.base().tokens(),
        validation.base().meanNll(),
        validation.candidate().meanNll(),
        validation.klDivergence(),
        validation.top1Agreement(),
        validation.domains().values().stream().mapToInt(DomainComparison::sequences).sum(),
        validation.top5Agreement(),
        validation.acceptance(),
        validation.nllDifference(),
        validation.perplexityRatio(),
        validation.intervals(),
        validation.pValue());
  }

  private static String models(Validation validation) {
    return headings("", "Form", "Computed in", "Device", "Bytes", "Active parameters", "Tokens/s")
        + model("Base", validation.base(), validation.baseSize())
        + model("Candidate", validation.candidate(), validation.candidateSize());
  }

  private static String model(String name, Evaluation run, ModelSize size) {
    return row(
        name,
        run.form(),
        run.compute(),
        run.device(),
        String.format(Locale.ROOT, "%,d", size.bytes()),
        size.activeParameters()
            .map(count -> String.format(Locale.ROOT, "%,d", count))
            .orElse("not known of ONNX"),
        String.format(Locale.ROOT, "%,.0f", run.tokensPerSecond()));
  }

  private static String gates(List<GateResult> gates) {
    if (gates.isEmpty()) {
      return "";
    }
    String rows =
        gates.stream()
            .map(gate ->
                "<tr>%s%s%s<td class=\"%s\">%s</td></tr>\n"
                    .formatted(
                        cell(gate.name()),
                        cell(String.format(Locale.ROOT, "%.6g", gate.limit())),
                        cell(String.format(Locale.ROOT, "%.6g", gate.actual())),
                        gate.passed() ? "passed" : "failed",
                        gate.passed() ? "passed" : "FAILED"))
            .collect(Collectors.joining());
    return "<section id=\"gates\">\n<h2>Gates</h2>\n<div class=\"wide\"><table>\n%s%s</table></div>\n</section>"
        .formatted(headings("Gate", "Limit", "Measured", ""), rows);
  }

  private static String tasks(List<TaskComparison> tasks) {
    if (tasks.isEmpty()) {
      return "";
    }
    StringBuilder rows =
        new StringBuilder(
            headings("Task", "Questions", "Chance", "Base", "Candidate", "Difference", "p"));
    for (TaskComparison task : tasks) {
      rows.append(
          row(
              task.name(),
              String.format(Locale.ROOT, "%,d", task.items()),
              share(task.chance()),
              share(task.base().score()),
              share(task.candidate().score()),
              String.format(Locale.ROOT, "%+.1f%%", task.difference() * 100)
                  + task.interval()
                      .map(range ->
                          String.format(
                              Locale.ROOT,
                              " [%+.1f%%, %+.1f%%]",
                              range.low() * 100,
                              range.high() * 100))
                      .orElse(""),
              String.format(Locale.ROOT, "%.2g", task.pValue())));
    }
    return "<section id=\"tasks\">\n<h2>Tasks</h2>\n<div class=\"wide\"><table>\n%s</table></div>\n</section>"
        .formatted(rows);
  }

  private static String layers(List<LayerDifference> layers) {
    if (layers.isEmpty()) {
      return "";
    }
    StringBuilder rows =
        new StringBuilder(
            headings("Layer", "Hidden states off by", "Mean cosine", "Experts in common"));
    for (LayerDifference layer : layers) {
      rows.append(
          row(
              String.valueOf(layer.layer()),
              String.format(Locale.ROOT, "%.2f%%", layer.relativeError() * 100),
              String.format(Locale.ROOT, "%.4f", layer.cosine()),
              share(layer.routingAgreement())));
    }
    return "<section id=\"layers\">\n<h2>By layer</h2>\n<div class=\"wide\"><table>\n%s</table></div>\n</section>"
        .formatted(rows);
  }

  private static String share(double value) {
    return String.format(Locale.ROOT, "%.1f%%", value * 100);
  }

  private static String domains(SequencedMap<String, DomainComparison> rows) {
    StringBuilder table =
        new StringBuilder(
            headings(
                "Domain",
                "Sequences",
                "Tokens",
                "Base perplexity",
                "Perplexity",
                "NLL difference",
                "KL divergence",
                "Top-1 agreement",
                "Top-5 agreement",
                "Acceptance",
                "p"));
    rows.forEach((name, row) ->
        table.append(
            row(
                name,
                String.format(Locale.ROOT, "%,d", row.sequences()),
                String.format(Locale.ROOT, "%,d", row.tokens()),
                String.format(Locale.ROOT, "%.3f", Math.exp(row.baseNll())),
                String.format(Locale.ROOT, "%.3f", Math.exp(row.candidateNll())),
                with("%+.4f", row.nllDifference(), row.intervals(), Intervals::nllDifference),
                with("%.4f", row.klDivergence(), row.intervals(), Intervals::klDivergence),
                with("%.3f", row.top1Agreement(), row.intervals(), Intervals::top1Agreement),
                with("%.3f", row.top5Agreement(), row.intervals(), Intervals::top5Agreement),
                with("%.3f", row.acceptance(), row.intervals(), Intervals::acceptance),
                String.format(Locale.ROOT, "%.2g", row.pValue()))));
    return table.toString();
  }

  private static String with(
      String format,
      double value,
      Optional<Intervals> intervals,
      Function<Intervals, Interval> which) {
    return String.format(Locale.ROOT, format, value)
        + intervals
            .map(which)
            .map(range ->
                String.format(
                    Locale.ROOT, " [" + format + ", " + format + "]", range.low(), range.high()))
            .orElse("");
  }

  private static String inference(Inference inference) {
    return String.format(
        Locale.ROOT,
        "In brackets: %.0f%% intervals by %s, %d resamples. p: %s, exact up to %d sequences, %d"
            + " random flips above. Seed %d.",
        inference.confidence() * 100,
        inference.interval(),
        inference.resamples(),
        inference.test(),
        inference.exactUpTo(),
        inference.flips(),
        inference.seed());
  }

  private static String headings(String... names) {
    return Stream.of(names)
        .map(name -> "<th>%s</th>".formatted(Page.inText(name)))
        .collect(Collectors.joining("", "<tr>", "</tr>\n"));
  }

  private static String row(String... cells) {
    return Stream.of(cells)
        .map(ValidationReport::cell)
        .collect(Collectors.joining("", "<tr>", "</tr>\n"));
  }

  private static String cell(String text) {
    return "<td>%s</td>".formatted(Page.inText(text));
  }
}
