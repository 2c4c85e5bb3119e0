package io.moetool.transforms.compress;

import io.moetool.formats.checkpoint.FrontMatter;
import io.moetool.transforms.SourceModel;
import java.util.List;

/**
 * The {@code README.md} of a compressed checkpoint. Holds no time and no path: the same work gives
 * the same bytes.
 */
final class CompressedCard {
  private CompressedCard() {}

  static String text(SourceModel source, WidthPlan plan) {
    return FrontMatter.ofModel(source.tensors().folder())
            .with("tags", List.of("moe", "compressed", "moetool"))
            .text()
        + """

        # A model with %d of %d neurons in every routed expert

        Made from another checkpoint by taking neurons out of its experts; no weight was computed anew. An expert's first projections have the
        rows of the neurons that stayed, its last one the columns, and `config.json` differs in the width of experts. Routers, shared experts and
        everything else have the bytes of the source, `%s`.

        Neurons were ranked by their energy (CAMERA, arXiv 2508.02322) on %d tokens of calibration data, `%s`. Which ones stayed is in the plan, in
        `moetool-manifest.json`. What it cost was not measured when this was written; on text of your own:

        ```
        moetool validate SOURCE THIS --data held-out.jsonl
        ```

        `moetool verify THIS --source SOURCE` re-reads every byte and proves where it comes from. It was written by moetool %s and loads where
        the source loads.
        """
            .formatted(
                plan.widthAfter(),
                plan.widthBefore(),
                plan.source().fingerprint(),
                plan.data().tokens(),
                plan.data().fingerprint(),
                plan.toolVersion());
  }
}
