package io.moetool.transforms.layout;

import io.moetool.transforms.SourceModel;
import java.util.LinkedHashMap;
import java.util.Map;

/** The {@code config.json} of a checkpoint that keeps some experts. */
public final class PrunedConfig {
  private PrunedConfig() {}

  /** The source's text with every count of experts replaced, every other character kept. */
  public static String text(SourceModel source, int expertsAfter) {
    Map<String, Long> counts = new LinkedHashMap<>();
    source.architecture().expertCountPaths().forEach(path -> counts.put(path, (long) expertsAfter));
    return source.config().withNumbers(counts);
  }
}
