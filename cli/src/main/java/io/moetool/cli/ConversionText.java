package io.moetool.cli;

import io.moetool.transforms.convert.ConversionResult;
import io.moetool.transforms.convert.OnnxExport;
import java.nio.file.Path;
import java.util.Locale;

/** What a command says of an ONNX model that it wrote, or would write. */
final class ConversionText {
  private ConversionText() {}

  /** Shows sizes alone. */
  static void show(Console console, Path output, OnnxExport.Preview preview) {
    console.result(
        preview,
        () ->
            "%s would hold %s in %d tensors (the source: %s). Nothing was written.\n"
                .formatted(
                    output,
                    Amounts.bytes(preview.bytesAfter()),
                    preview.tensors(),
                    Amounts.bytes(preview.bytesBefore())));
  }

  /**
   * Shows what was written.
   *
   * @param whose logits it was held against
   */
  static void show(Console console, ConversionResult result, String whose) {
    console.result(
        result,
        () ->
            "%s: %s in %s, %s operators; logits differ from %s by at most %.2g%s\n%s"
                .formatted(
                    console.ink().bold(result.output()),
                    Amounts.bytes(result.bytesAfter()),
                    EvaluationText.seconds(result.seconds()),
                    result.operators(),
                    whose,
                    result.maxLogitDifference(),
                    rounding(result),
                    result
                        .withoutGenaiConfig()
                        .map("  no genai_config.json: %s\n"::formatted)
                        .orElse("")));
  }

  private static String rounding(ConversionResult result) {
    return result.expertWeightError() == 0
        ? ""
        : String.format(
            Locale.ROOT,
            " (%.2g%% of them all)%n  %s experts: weights are off by half a scale at most, by %.2g%%"
                + " on the whole",
            100 * result.relativeLogitDifference(),
            result.experts(),
            100 * result.expertWeightError());
  }
}
