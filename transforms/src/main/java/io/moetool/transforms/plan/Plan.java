package io.moetool.transforms.plan;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;

/**
 * What is to happen to a checkpoint, and why. Components are the keys of {@code plan.json}.
 *
 * @param formatVersion version of this document's form
 * @param toolVersion version of the tool that made it
 * @param source the checkpoint it was made for
 * @param action what is to be done; {@value #PRUNE}
 * @param method how experts were scored
 * @param options what was asked for
 * @param statistics what the scores were computed from; empty where weights alone were enough
 * @param expertsBefore routed experts per layer in the source
 * @param expertsAfter routed experts per layer in the result, the same in every layer
 * @param expertsPerToken experts a token uses; unchanged
 * @param layers decisions for all layers with experts, ascending
 * @param warnings what a reviewer ought to know, in words
 * @param forecast what the result will weigh
 */
public record Plan(
    int formatVersion,
    String toolVersion,
    Source source,
    String action,
    String method,
    Options options,
    Optional<Statistics> statistics,
    int expertsBefore,
    int expertsAfter,
    int expertsPerToken,
    List<LayerPlan> layers,
    List<String> warnings,
    Forecast forecast) {
  /** The only version there is. */
  public static final int FORMAT_VERSION = 1;

  /** Removes the dropped experts and renumbers the kept ones in ascending order. */
  public static final String PRUNE = "prune";

  public Plan {
    layers = List.copyOf(layers);
    warnings = List.copyOf(warnings);
  }

  /**
   * The checkpoint a plan was made for.
   *
   * @param fingerprint of its weights and config
   * @param modelType of its config
   */
  public record Source(String fingerprint, String modelType) {}

  /**
   * What was asked for.
   *
   * @param target how many experts are to stay, in the words of {@link Target}
   * @param seed of methods that draw lots
   * @param protection by which rules experts were protected, in words; empty if by none
   */
  public record Options(String target, OptionalLong seed, List<String> protection) {
    public Options {
      protection = List.copyOf(protection);
    }
  }

  /**
   * What scores were computed from.
   *
   * @param dataFingerprint fingerprint of the calibration data
   * @param tokens tokens the model saw
   */
  public record Statistics(String dataFingerprint, long tokens) {}

  /**
   * What the result will weigh.
   *
   * @param bytesBefore bytes of all tensors in the source
   * @param bytesAfter bytes of all tensors in the result
   */
  public record Forecast(long bytesBefore, long bytesAfter) {}

  /** The kept experts by layer, both ascending. */
  public Map<Integer, List<Integer>> kept() {
    Map<Integer, List<Integer>> kept = new TreeMap<>();
    layers.forEach(layer -> kept.put(layer.layer(), layer.kept()));
    return kept;
  }
}
