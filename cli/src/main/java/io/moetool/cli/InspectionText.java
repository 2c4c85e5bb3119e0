package io.moetool.cli;

import io.moetool.analyzers.inspect.Inspection;
import io.moetool.analyzers.inspect.Loading;
import java.nio.file.Path;

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
            InspectionLines.section(
                ink,
                "Bytes by role",
                InspectionLines.roles(inspection.bytesByRole(), inspection.bytes())),
            InspectionLines.section(ink, "Where a checkpoint of this shape loads", loading()),
            InspectionLines.section(
                ink, "Config and tensors", InspectionLines.findings(inspection.findings(), ink)));
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
    facts.row("element types", InspectionLines.elementTypes(inspection.dtypes()));
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

  private String loading() {
    Table table = new Table();
    for (Loading loading : inspection.loading()) {
      table.row(loading.program(), loading.verdict().key(), loading.rule());
    }
    return table.render("  ");
  }
}
