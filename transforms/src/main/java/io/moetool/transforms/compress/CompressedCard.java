package io.moetool.transforms.compress;

import io.moetool.formats.checkpoint.FrontMatter;
import io.moetool.transforms.SourceModel;
import java.util.List;
import java.util.Locale;

/**
 * The {@code README.md} of a compressed checkpoint. Holds no time and no path: the same work gives
 * the same bytes.
 */
final class CompressedCard {
  private CompressedCard() {}

  static String text(SourceModel source, CompressPlan plan) {
    return FrontMatter.ofModel(source.tensors().folder())
            .with("tags", List.of("moe", "compressed", "moetool"))
            .text()
        + """

        %s
        What it cost was not measured when this was written; on text of your own:

        ```
        moetool validate SOURCE THIS --data held-out.jsonl
        ```

        `moetool verify THIS --source SOURCE` re-reads every byte and proves where it comes from. The source is `%s`; the plan is in
        `moetool-manifest.json`. Written by moetool %s; loads where the source loads.
        """
            .formatted(
                switch (plan) {
                  case WidthPlan width -> narrower(width);
                  case TopKPlan topK -> fewer(topK);
                },
                plan.source().fingerprint(),
                plan.toolVersion());
  }

  private static String narrower(WidthPlan plan) {
    return """
    # A model with %d of %d neurons in every routed expert

    Made from another checkpoint by taking neurons out of its experts; no weight was computed anew. An expert's first projections have the
    rows of the neurons that stayed, its last one the columns, and `config.json` differs in the width of experts. Routers, shared experts and
    everything else have the bytes of the source.

    Neurons were ranked by their energy (CAMERA, arXiv 2508.02322) on %d tokens of calibration data, `%s`.
    """
        .formatted(
            plan.widthAfter(), plan.widthBefore(), plan.data().tokens(), plan.data().fingerprint());
  }

  private static String fewer(TopKPlan plan) {
    return """
    # A model in which a token uses %d experts, not %d

    Made from another checkpoint by lowering the number of experts per token in `config.json`. %s
    """
        .formatted(
            plan.expertsPerTokenAfter(),
            plan.expertsPerTokenBefore(),
            plan.compensation()
                .map(fit ->
                    """
                    The last projections of experts were multiplied by a factor a
                    layer, fitted on %d tokens of calibration data, `%s`, to make up for the experts that a token no longer gets: the squared error of
                    what a layer's experts add went from %s to %s on them, the mean over layers. Everything else has the bytes of the source.\
                    """
                        .formatted(
                            fit.tokens(),
                            fit.dataFingerprint(),
                            percent(fit.meanErrorBefore()),
                            percent(fit.meanErrorAfter())))
                .orElse("All weights have the bytes of the source."));
  }

  private static String percent(double share) {
    return String.format(Locale.ROOT, "%.1f%%", 100 * share);
  }
}
