package io.moetool.transforms.layout;

import io.moetool.formats.family.Architecture;
import io.moetool.formats.family.ModelConfig;
import io.moetool.transforms.SourceModel;
import java.util.LinkedHashMap;
import java.util.Map;

/** The {@code config.json} of a checkpoint that keeps some experts. */
public final class PrunedConfig {
  private PrunedConfig() {}

  /**
   * The source's text with every count of experts replaced, and experts renumbered where they are
   * said not to be quantised; every other character kept. Of layers that predict further tokens
   * there are none then.
   *
   * @param places experts that stay
   */
  public static String text(SourceModel source, int expertsAfter, ExpertPlaces places) {
    return text(source.architecture(), source.config(), expertsAfter, places);
  }

  /** As {@link #text(SourceModel, int, ExpertPlaces)}, of a model in any form. */
  public static String text(
      Architecture architecture, ModelConfig config, int expertsAfter, ExpertPlaces places) {
    Map<String, Long> counts = new LinkedHashMap<>();
    architecture.expertCountPaths().forEach(path -> counts.put(path, (long) expertsAfter));
    if (places.areFewerThan(architecture.moe().experts())) {
      architecture.predictionTail().countPaths().forEach(path -> counts.put(path, 0L));
    }
    PrunedTensors pruned = new PrunedTensors(architecture, places);
    return config.withPlainModules(pruned::module).withNumbers(counts);
  }
}
