package io.moetool.transforms.plan;

import io.moetool.formats.BadInputException;
import io.moetool.formats.json.Json;
import io.moetool.formats.publish.StagedFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import tools.jackson.databind.JsonNode;

/**
 * A mask: a JSON list with a list for every layer with experts, ascending, of one number an expert,
 * 1 if it stays and 0 if not. The form in which pruning studies publish their choices.
 */
public final class MaskFile {
  /** What a plan names as its method if it was made from a mask. */
  public static final String METHOD = "mask";

  private MaskFile() {}

  /**
   * A choice that was made elsewhere.
   *
   * @param evidence 1 for experts that stay and 0 for those that go
   * @param target how many stay by layer
   */
  public record Choice(Evidence evidence, Target target) {}

  /**
   * Reads a mask.
   *
   * @param fingerprint of the model it is taken to be for; a mask does not say
   * @param layers indices of the model's layers with experts, ascending
   * @param experts experts per layer
   * @throws BadInputException if it is no mask, or one of another shape
   */
  public static Choice read(Path file, String fingerprint, List<Integer> layers, int experts) {
    JsonNode rows = Json.readStrict(file, JsonNode.class);
    if (!rows.isArray() || rows.size() != layers.size()) {
      throw wrong(
          file.toString(),
          rows.isArray()
              ? "it has rows for %d layers, the model has experts in %d"
                  .formatted(rows.size(), layers.size())
              : "a list of rows is expected, found " + rows.getNodeType());
    }
    List<LayerEvidence> evidence = new ArrayList<>();
    List<Integer> counts = new ArrayList<>();
    for (int layer : layers) {
      double[] row =
          row(
              "%s, row %d (layer %d)".formatted(file, evidence.size(), layer),
              rows.get(evidence.size()),
              experts);
      evidence.add(LayerEvidence.ofWeights(layer, row));
      counts.add((int) IntStream.range(0, experts).filter(e -> row[e] == 1).count());
    }
    return new Choice(
        new Evidence(
            file.toString(),
            fingerprint,
            METHOD,
            OptionalLong.empty(),
            Optional.empty(),
            Optional.empty(),
            evidence),
        new Target.Listed(counts));
  }

  private static double[] row(String where, JsonNode row, int experts) {
    if (!row.isArray() || row.size() != experts) {
      throw wrong(
          where,
          row.isArray()
              ? "it has %d numbers, the model has %d experts per layer"
                  .formatted(row.size(), experts)
              : "a list is expected, found " + row.getNodeType());
    }
    double[] stays = new double[experts];
    for (int expert = 0; expert < experts; expert++) {
      JsonNode value = row.get(expert);
      if (!value.isIntegralNumber() || !value.canConvertToInt() || (value.intValue() & ~1) != 0) {
        throw wrong(where, "expert %d has %s, neither 0 nor 1".formatted(expert, value));
      }
      stays[expert] = value.intValue();
    }
    return stays;
  }

  private static BadInputException wrong(String where, String problem) {
    return new BadInputException(
        where, problem, "give one row a layer with experts, of one 0 or 1 an expert");
  }

  /** The mask of what a plan keeps, one row on a line. */
  public static String text(Plan plan) {
    return plan.layers().stream()
        .map(layer ->
            IntStream.range(0, plan.expertsBefore())
                .mapToObj(expert -> layer.kept().contains(expert) ? "1" : "0")
                .collect(Collectors.joining(", ", "  [", "]")))
        .collect(Collectors.joining(",\n", "[\n", "\n]\n"));
  }

  /**
   * Writes the mask of what a plan keeps; a file of that name is replaced.
   *
   * @throws io.moetool.formats.EnvironmentException if it cannot be written
   */
  public static void write(Plan plan, Path file) {
    StagedFile.write(file, text(plan));
  }
}
