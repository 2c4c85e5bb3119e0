package io.moetool.cli;

import io.moetool.analyzers.inspect.Loading;
import io.moetool.formats.json.Json;
import io.moetool.transforms.plan.Plan;
import io.moetool.transforms.prune.PrunePreview;
import io.moetool.transforms.prune.PruneResult;
import java.nio.file.Path;
import java.util.List;
import tools.jackson.databind.node.ObjectNode;

/** What pruning or merging did, or would do, for people and in documents. */
final class PruneText {
  private PruneText() {}

  /** Shows what was done. */
  static void show(Console console, PruneResult result) {
    console.result(
        result,
        () ->
            done(
                console,
                result,
                "%d of %d experts stay".formatted(result.expertsAfter(), result.expertsBefore()),
                "cut"));
  }

  /** Shows what was done where experts became one. */
  static void showMerged(Console console, Plan plan, PruneResult result) {
    console.result(
        result,
        () ->
            done(
                console,
                result,
                "%d experts became %d".formatted(plan.expertsBefore(), plan.expertsAfter()),
                "cut or computed"));
  }

  private static String done(Console console, PruneResult result, String what, String changed) {
    return "%s: %s, %s became %s, %d tensors copied, %d %s, in %s\n"
        .formatted(
            console.ink().bold(result.output()),
            what,
            Amounts.bytes(result.bytesBefore()),
            Amounts.bytes(result.bytesAfter()),
            result.tensorsCopied(),
            result.tensorsChanged(),
            changed,
            EvaluationText.seconds(result.seconds()));
  }

  /** Shows what would be done. */
  static void show(Console console, Path output, Plan plan, PrunePreview preview) {
    preview(
        console,
        plan,
        preview,
        "%s would keep %d of %d experts"
            .formatted(output, preview.expertsAfter(), preview.expertsBefore()));
  }

  /** Shows what would be done where experts become one. */
  static void showMerged(Console console, Path output, Plan plan, PrunePreview preview) {
    preview(
        console,
        plan,
        preview,
        "%s would merge %d experts into %d"
            .formatted(output, plan.expertsBefore(), plan.expertsAfter()));
  }

  private static void preview(Console console, Plan plan, PrunePreview preview, String what) {
    List<Loading> loading = plan.loading();
    ObjectNode document = (ObjectNode) Json.tree(preview);
    document.set("loading", Json.tree(loading));
    console.result(
        document,
        () -> {
          Table table = new Table();
          loading.forEach(l -> table.row(l.program(), l.verdict().key(), l.rule()));
          return "%s: %s become %s in %d files, %s of disk. Nothing was written.\n"
                  .formatted(
                      what,
                      Amounts.bytes(preview.bytesBefore()),
                      Amounts.bytes(preview.bytesAfter()),
                      preview.shards(),
                      Amounts.bytes(preview.diskBytes()))
              + table.render("  ");
        });
  }
}
