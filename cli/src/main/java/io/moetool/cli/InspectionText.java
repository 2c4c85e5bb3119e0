package io.moetool.cli;

import io.moetool.analyzers.inspect.Inspection;
import io.moetool.analyzers.inspect.Loading;
import java.nio.file.Path;
import java.util.Locale;
import java.util.stream.Collectors;

/** An inspection for people. */
final class InspectionText {
  private final Path model;
  private final Inspection inspection;
  private final Console.Ink ink;

  InspectionText(Path model, Inspection inspection, Console.Ink ink) {
    this.model = model;
    this.inspection = inspection;
    this.ink = ink;
  }

  /** What people read. */
  String render() {
    return "%s  %s%n%n%s%n%s%n%s%n%s"
        .formatted(
            ink.bold(model.toString()),
            inspection.modelType(),
            facts(),
            section("Bytes by role", roles()),
            section("Where a checkpoint of this shape loads", loading()),
            section("Config and tensors", findings()));
  }

  private String section(String heading, String lines) {
    return ink.bold(heading) + "\n" + lines;
  }

  private String facts() {
    Table facts = new Table();
    facts.row(
        "layers",
        "%d, %d of them with experts".formatted(inspection.layers(), inspection.moeLayers()));
    facts.row(
        "experts",
        "%d per layer, %d per token, %d shared"
            .formatted(
                inspection.experts(), inspection.expertsPerToken(), inspection.sharedExperts()));
    facts.row("hidden size", inspection.hidden());
    facts.row("vocabulary", inspection.vocabulary());
    facts.row("longest sequence", inspection.maxPositions() + " tokens");
    facts.row("parameters", Amounts.count(inspection.parameters()));
    facts.row("active per token", Amounts.count(inspection.activeParameters()) + " parameters");
    facts.row(
        "size",
        "%s in %d tensors".formatted(Amounts.bytes(inspection.bytes()), inspection.tensors()));
    long elements = inspection.dtypes().values().stream().mapToLong(Long::longValue).sum();
    facts.row(
        "element types",
        inspection.dtypes().entrySet().stream()
            .map(e -> e.getKey() + " " + share(e.getValue(), elements))
            .collect(Collectors.joining(", ")));
    if (!inspection.quantisation().isEmpty()) {
      facts.row("quantised as", inspection.quantisation());
    }
    if (inspection.fingerprint().isEmpty()) {
      facts.row("sizes from", inspection.sizesFrom() + "; no weights were read");
    } else {
      facts.row("fingerprint", inspection.fingerprint());
    }
    return facts.render("  ");
  }

  private String roles() {
    Table roles = new Table();
    inspection
        .bytesByRole()
        .forEach((role, bytes) ->
            roles.row(words(role), Amounts.bytes(bytes), share(bytes, inspection.bytes())));
    return roles.render("  ");
  }

  private String loading() {
    Table table = new Table();
    for (Loading loading : inspection.loading()) {
      table.row(loading.program(), loading.verdict().key(), loading.rule());
    }
    return table.render("  ");
  }

  private String findings() {
    return inspection.findings().isEmpty()
        ? "  agree\n"
        : FindingText.lines(inspection.findings(), ink);
  }

  private static String share(long part, long whole) {
    return Amounts.percent(whole == 0 ? 0 : (double) part / whole);
  }

  /** {@code routedExperts} as {@code routed experts}. */
  private static String words(String key) {
    return key.replaceAll("([A-Z])", " $1").toLowerCase(Locale.ROOT);
  }
}
