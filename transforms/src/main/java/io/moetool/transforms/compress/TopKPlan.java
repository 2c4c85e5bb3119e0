package io.moetool.transforms.compress;

import io.moetool.formats.BadInputException;
import io.moetool.formats.document.Document;
import io.moetool.formats.family.Architecture;
import io.moetool.formats.family.FamilyCatalog;
import io.moetool.formats.family.ModelConfig;
import io.moetool.transforms.SourceModel;
import io.moetool.transforms.layout.ExpertPlaces;
import io.moetool.transforms.layout.PlannedTensors;
import io.moetool.transforms.layout.PrunedTensors;
import io.moetool.transforms.plan.Repair;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * Fewer experts per token, and what makes up for those that a token no longer gets: one factor a
 * layer on the outputs of all experts, the one with the least squared error. This is what stock
 * programs can express of compressed experts (arXiv 2503.00634), which give a token's last experts
 * a vector each in place of their matrices. Components are the keys of the plan in the manifest.
 *
 * @param formatVersion version of this document's form
 * @param toolVersion version of the tool that made it
 * @param source the checkpoint it was made for
 * @param action {@value CompressPlan#COMPRESS}
 * @param method {@value #TOP_K}
 * @param expertsPerTokenBefore experts per token in the source
 * @param expertsPerTokenAfter experts per token in the result
 * @param compensation the factors, folded into the last projections; empty leaves all weights as
 *     they are
 */
public record TopKPlan(
    int formatVersion,
    String toolVersion,
    Source source,
    String action,
    String method,
    int expertsPerTokenBefore,
    int expertsPerTokenAfter,
    Optional<Repair> compensation)
    implements CompressPlan {
  /** The only version there is. */
  public static final int FORMAT_VERSION = 1;

  /** Fewer experts per token. */
  public static final String TOP_K = "top-k";

  private static final Document<TopKPlan> DOCUMENT =
      new Document<>(TopKPlan.class, FORMAT_VERSION, "compress the model again");

  static TopKPlan parse(String where, String text) {
    return DOCUMENT.parse(where, text);
  }

  static TopKPlan of(
      String toolVersion, SourceModel source, int expertsPerToken, Optional<Repair> compensation) {
    return new TopKPlan(
        FORMAT_VERSION,
        toolVersion,
        Source.of(source),
        COMPRESS,
        TOP_K,
        source.architecture().moe().routing().expertsPerToken(),
        expertsPerToken,
        compensation);
  }

  @Override
  public void require(String where, SourceModel checkpoint, FamilyCatalog families) {
    Architecture architecture = checkpoint.architecture();
    List<Integer> compensated =
        compensation
            .map(repair -> repair.layers().stream().map(Repair.Layer::layer).toList())
            .orElse(architecture.moe().layers());
    if (!source.fingerprint().equals(checkpoint.fingerprint())
        || expertsPerTokenBefore != architecture.moe().routing().expertsPerToken()
        || !compensated.equals(architecture.moe().layers())) {
      throw new BadInputException(
          where, "it was made for another checkpoint", "compress this one itself");
    }
    for (Repair.Layer layer : compensation.map(Repair::layers).orElse(List.of())) {
      if (!(layer.scale() > 0 && layer.scale() < Float.MAX_VALUE)) {
        throw new BadInputException(
            where + ", layer " + layer.layer(),
            "outputs cannot be multiplied by " + layer.scale(),
            "write a number above 0");
      }
      if (!layer.rows().isEmpty()) {
        throw new BadInputException(
            where + ", layer " + layer.layer(),
            "routers keep their rows where a token uses fewer experts",
            "leave rows empty");
      }
    }
    config(checkpoint, families);
  }

  @Override
  public PlannedTensors tensors(SourceModel checkpoint) {
    Architecture architecture = checkpoint.architecture();
    List<Integer> all = IntStream.range(0, architecture.moe().experts()).boxed().toList();
    Map<Integer, List<Integer>> stored = new TreeMap<>();
    architecture.moe().layers().forEach(layer -> stored.put(layer, all));
    Map<Integer, Double> scales = new TreeMap<>();
    compensation.ifPresent(
        repair -> repair.layers().forEach(layer -> scales.put(layer.layer(), layer.scale())));
    PrunedTensors scaled =
        new PrunedTensors(
            architecture, new ExpertPlaces(stored, Map.of(), scales, Map.of(), false));
    return PlannedTensors.edited(checkpoint.tensors(), scaled::of);
  }

  /**
   * {@inheritDoc}
   *
   * @throws BadInputException if a token cannot be given that many experts
   */
  @Override
  public String config(SourceModel checkpoint, FamilyCatalog families) {
    Architecture architecture = checkpoint.architecture();
    String where = checkpoint.config().where();
    if (expertsPerTokenAfter < 1 || expertsPerTokenAfter > expertsPerTokenBefore) {
      throw new BadInputException(
          where,
          "a token gets %d experts; it cannot get %d"
              .formatted(expertsPerTokenBefore, expertsPerTokenAfter),
          "give it from 1 to %d".formatted(expertsPerTokenBefore));
    }
    Map<String, Long> numbers = new LinkedHashMap<>();
    architecture
        .expertsPerTokenPaths()
        .forEach(path -> numbers.put(path, (long) expertsPerTokenAfter));
    String text = checkpoint.config().withNumbers(numbers);
    Architecture edited = families.resolve(ModelConfig.parse(where, text), checkpoint.tensors());
    if (edited.moe().routing().expertsPerToken() != expertsPerTokenAfter) {
      throw new BadInputException(
          where, "it does not state the number of experts per token", "state it");
    }
    return text;
  }

  @Override
  public int widthAfter(SourceModel checkpoint) {
    return checkpoint.architecture().moe().expertWidth();
  }

  @Override
  public int expertsPerTokenAfter(SourceModel checkpoint) {
    return expertsPerTokenAfter;
  }
}
