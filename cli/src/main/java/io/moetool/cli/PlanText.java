package io.moetool.cli;

import io.moetool.transforms.plan.LayerPlan;
import io.moetool.transforms.plan.Plan;
import java.nio.file.Path;
import java.util.Locale;
import java.util.OptionalDouble;

/** A plan for people, in short; the file says everything. */
final class PlanText {
  private PlanText() {}

  static String render(Path file, Plan plan, Console.Ink ink) {
    boolean merges = plan.options().merging().isPresent();
    Table table =
        merges
            ? Table.of("layer", "stay", "groups", "worth knowing")
            : Table.of("layer", "stay", "margin", "damage", "worth knowing");
    for (LayerPlan layer : plan.layers()) {
      String reasons = String.join("; ", layer.reasons());
      if (merges) {
        table.row(layer.layer(), layer.kept().size(), layer.groups().size(), reasons);
      } else {
        table.row(
            layer.layer(),
            layer.kept().size(),
            number(layer.margin()),
            number(layer.damage()),
            reasons);
      }
    }
    Table loading = new Table();
    plan.loading().forEach(l -> loading.row(l.program(), l.verdict().key(), l.rule()));
    boolean uniform =
        plan.layers().stream().allMatch(layer -> layer.kept().size() == plan.expertsAfter());
    return "%s  %s by %s: %s%d of %d experts stay in every layer, %s become %s\n"
            .formatted(
                ink.bold(file.toString()),
                plan.action(),
                plan.method(),
                uniform ? "" : "at most ",
                plan.expertsAfter(),
                plan.expertsBefore(),
                Amounts.bytes(plan.forecast().bytesBefore()),
                Amounts.bytes(plan.forecast().bytesAfter()))
        + table.render("  ")
        + loading.render("  ");
  }

  private static String number(OptionalDouble value) {
    return value.isPresent() ? String.format(Locale.ROOT, "%.3g", value.getAsDouble()) : "-";
  }
}
