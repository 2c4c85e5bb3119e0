package io.moetool.cli;

import io.moetool.analyzers.inspect.Loading;
import io.moetool.formats.json.Json;
import io.moetool.transforms.plan.Plan;
import io.moetool.transforms.prune.PrunePreview;
import io.moetool.transforms.prune.PruneResult;
import java.nio.file.Path;
import java.util.List;
import tools.jackson.databind.node.ObjectNode;

/** What pruning did, or would do, for people and in documents. */
final class PruneText {
  private PruneText() {}

  /** Shows what was done. */
  static void show(Console console, PruneResult result) {
    console.result(
        result,
        () ->
            "%s: %d of %d experts stay, %s became %s, %d tensors copied, %d cut, in %s\n"
                .formatted(
                    console.ink().bold(result.output()),
                    result.expertsAfter(),
                    result.expertsBefore(),
                    Amounts.bytes(result.bytesBefore()),
                    Amounts.bytes(result.bytesAfter()),
                    result.tensorsCopied(),
                    result.tensorsChanged(),
                    EvaluationText.seconds(result.seconds())));
  }

  /** Shows what would be done. */
  static void show(Console console, Path output, Plan plan, PrunePreview preview) {
    List<Loading> loading = plan.loading();
    ObjectNode document = (ObjectNode) Json.tree(preview);
    document.set("loading", Json.tree(loading));
    console.result(
        document,
        () -> {
          Table table = new Table();
          loading.forEach(l -> table.row(l.program(), l.verdict().key(), l.rule()));
          return "%s would keep %d of %d experts: %s become %s in %d files, %s of disk. Nothing was written.\n"
                  .formatted(
                      output,
                      preview.expertsAfter(),
                      preview.expertsBefore(),
                      Amounts.bytes(preview.bytesBefore()),
                      Amounts.bytes(preview.bytesAfter()),
                      preview.shards(),
                      Amounts.bytes(preview.diskBytes()))
              + table.render("  ");
        });
  }
}
