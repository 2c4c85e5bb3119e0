package io.moetool.cli;

import io.moetool.transforms.plan.LayerPlan;
import io.moetool.transforms.plan.Plan;
import java.nio.file.Path;
import java.util.Locale;

/** A plan for people, in short; the file says everything. */
final class PlanText {
  private PlanText() {}

  static String render(Path file, Plan plan, Console.Ink ink) {
    Table table = Table.of("layer", "dropped", "margin", "worth knowing");
    for (LayerPlan layer : plan.layers()) {
      table.row(
          layer.layer(),
          layer.dropped().size(),
          layer.margin().isPresent()
              ? String.format(Locale.ROOT, "%.3g", layer.margin().getAsDouble())
              : "-",
          String.join("; ", layer.reasons()));
    }
    return "%s  %s by %s: %d of %d experts stay in every layer, %s become %s\n"
            .formatted(
                ink.bold(file.toString()),
                plan.action(),
                plan.method(),
                plan.expertsAfter(),
                plan.expertsBefore(),
                Amounts.bytes(plan.forecast().bytesBefore()),
                Amounts.bytes(plan.forecast().bytesAfter()))
        + table.render("  ");
  }
}
