package io.moetool.cli;

import io.moetool.analyzers.inspect.OnnxInspection;
import java.nio.file.Path;

/** An inspection of an ONNX model for people. */
final class OnnxInspectionText {
  private final Path model;
  private final OnnxInspection inspection;
  private final Console.Ink ink;

  OnnxInspectionText(Path model, OnnxInspection inspection, Console.Ink ink) {
    this.model = model;
    this.inspection = inspection;
    this.ink = ink;
  }

  /** What people read. */
  String render() {
    return "%s  %s, ONNX%n%n%s%n%s%n%s%n%s"
        .formatted(
            ink.bold(model.toString()),
            inspection.modelType(),
            facts(),
            InspectionLines.section(
                ink,
                "Bytes by role",
                InspectionLines.roles(inspection.bytesByRole(), inspection.bytes())),
            InspectionLines.section(ink, "Layers with experts", layers()),
            InspectionLines.section(
                ink, "Config and graph", InspectionLines.findings(inspection.findings(), ink)));
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
    facts.row("computed by", String.join(", ", inspection.operators()));
    facts.row("activation", inspection.activation());
    facts.row("hidden size", inspection.hidden());
    facts.row("expert width", inspection.expertWidth());
    facts.row(
        "vocabulary", inspection.vocabulary() < 0 ? "not said" : inspection.vocabulary() + "");
    facts.row("parameters", Amounts.count(inspection.parameters()));
    facts.row("active per token", Amounts.count(inspection.activeParameters()) + " parameters");
    facts.row(
        "size",
        "%s in %d tensors".formatted(Amounts.bytes(inspection.bytes()), inspection.tensors()));
    facts.row("element types", InspectionLines.elementTypes(inspection.dtypes()));
    facts.row("fingerprint", inspection.fingerprint());
    if (!inspection.source().isEmpty()) {
      facts.row("made from", inspection.source());
    }
    return facts.render("  ");
  }

  private String layers() {
    Table table = new Table();
    for (OnnxInspection.Layer layer : inspection.expertLayers()) {
      table.row(
          layer.layer(),
          "%d experts, %d per token".formatted(layer.experts(), layer.expertsPerToken()),
          Amounts.bytes(layer.bytes()),
          layer.operator(),
          "router " + (layer.router().isEmpty() ? "not found" : layer.router()));
    }
    return table.render("  ");
  }
}
