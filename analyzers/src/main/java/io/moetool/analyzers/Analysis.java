package io.moetool.analyzers;

import io.moetool.analyzers.redundancy.LayerRedundancy;
import io.moetool.analyzers.routing.LayerRouting;
import io.moetool.analyzers.superexperts.SuperExpert;
import io.moetool.formats.json.Json;
import io.moetool.formats.publish.StagedFile;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * All that is known about the experts of a model. Components are the keys of {@code analysis.json};
 * what needs data is {@code null} there without data.
 *
 * @param formatVersion version of this document's form
 * @param model what was analyzed
 * @param data what it was run over
 * @param layers one entry per layer with experts, ascending
 * @param superExperts by the rule of the paper, largest first
 * @param superExpertRule how they were found
 * @param redundancy which experts resemble each other
 * @param warnings what a reader ought to know first, in words
 */
public record Analysis(
    int formatVersion,
    Model model,
    Optional<Data> data,
    List<Layer> layers,
    List<SuperExpert> superExperts,
    Optional<SuperExpertRule> superExpertRule,
    Redundancy redundancy,
    List<String> warnings) {
  /** The only version there is. */
  public static final int FORMAT_VERSION = 1;

  /** What the file is called in the folder that {@code analyze} writes. */
  public static final String NAME = "analysis.json";

  public Analysis {
    layers = List.copyOf(layers);
    superExperts = List.copyOf(superExperts);
    warnings = List.copyOf(warnings);
  }

  /**
   * The model that was analyzed.
   *
   * @param fingerprint names weights and config
   * @param modelType {@code model_type} of the config
   * @param layers decoder layers, with or without experts
   * @param experts routed experts per layer that has any
   * @param expertsPerToken experts a token uses
   */
  public record Model(
      String fingerprint, String modelType, int layers, int experts, int expertsPerToken) {}

  /**
   * The data it was run over.
   *
   * @param fingerprint names the tokens
   * @param sequences number of sequences
   * @param tokens number of tokens
   * @param domains by name, in order of first appearance
   */
  public record Data(String fingerprint, long sequences, long tokens, Map<String, Domain> domains) {
    public Data {
      domains = Collections.unmodifiableMap(new LinkedHashMap<>(domains));
    }
  }

  /**
   * Data of one kind.
   *
   * @param sequences number of sequences
   * @param tokens number of tokens
   */
  public record Domain(long sequences, long tokens) {}

  /**
   * One layer with experts; lists are by expert.
   *
   * @param layer index in the model
   * @param counts tokens that chose the expert
   * @param saliency scores by method, higher means worth keeping
   * @param downProjectionMaxAbs largest absolute output before the coefficient
   * @param routing how tokens are spread over experts
   */
  public record Layer(
      int layer,
      Optional<List<Long>> counts,
      Map<String, List<Double>> saliency,
      Optional<List<Double>> downProjectionMaxAbs,
      Optional<LayerRouting> routing) {
    public Layer {
      saliency = Collections.unmodifiableMap(new LinkedHashMap<>(saliency));
    }
  }

  /**
   * How super experts were found.
   *
   * @param threshold what the largest absolute output has to exceed
   * @param candidates experts that were looked at
   * @param setApart experts that a wide gap sets apart from all others; this is the better guide
   *     where there are few candidates
   */
  public record SuperExpertRule(double threshold, int candidates, List<SuperExpert> setApart) {
    public SuperExpertRule {
      setApart = List.copyOf(setApart);
    }
  }

  /**
   * Which experts resemble each other.
   *
   * @param layers one entry per layer with experts, ascending
   */
  public record Redundancy(List<LayerRedundancy> layers) {
    public Redundancy {
      layers = List.copyOf(layers);
    }
  }

  /** Writes {@code analysis.json}; the same analysis gives the same bytes. */
  public void write(Path file) {
    StagedFile.write(file, Json.write(this));
  }
}
