package io.moetool.analyzers;

import io.moetool.analyzers.adaptive.AdaptiveRouting;
import io.moetool.analyzers.damage.LayerForecast;
import io.moetool.analyzers.redundancy.LayerRedundancy;
import io.moetool.analyzers.routing.LayerRouting;
import io.moetool.analyzers.specialisation.LayerSpecialisation;
import io.moetool.analyzers.superexperts.LayerPeaks;
import io.moetool.analyzers.superexperts.SharedExpert;
import io.moetool.analyzers.superexperts.SuperExpert;
import io.moetool.analyzers.superexperts.SuperWeight;
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
 * @param superSharedExperts shared experts that the rule of the paper names, by layer
 * @param superWeights the entries of weights that super experts' largest outputs come from
 * @param massiveActivations largest values of the hidden state by layer, and where they were seen
 * @param redundancy which experts resemble each other
 * @param damage what layers lose as experts are taken away, ascending; empty without a sample
 * @param specialization which domains use which experts, by layer; empty without data
 * @param adaptiveRouting what would be saved if tokens used fewer experts
 * @param warnings what a reader ought to know first, in words
 */
public record Analysis(
    int formatVersion,
    Model model,
    Optional<Data> data,
    List<Layer> layers,
    List<SuperExpert> superExperts,
    Optional<SuperExpertRule> superExpertRule,
    List<SharedExpert> superSharedExperts,
    List<SuperWeight> superWeights,
    List<LayerPeaks> massiveActivations,
    Redundancy redundancy,
    List<LayerForecast> damage,
    List<LayerSpecialisation> specialization,
    Optional<AdaptiveRouting> adaptiveRouting,
    List<String> warnings) {
  /** The only version there is. */
  public static final int FORMAT_VERSION = 1;

  /** What the file is called in the folder that {@code analyze} writes. */
  public static final String NAME = "analysis.json";

  public Analysis {
    layers = List.copyOf(layers);
    superExperts = List.copyOf(superExperts);
    superSharedExperts = List.copyOf(superSharedExperts);
    superWeights = List.copyOf(superWeights);
    massiveActivations = List.copyOf(massiveActivations);
    damage = List.copyOf(damage);
    specialization = List.copyOf(specialization);
    warnings = List.copyOf(warnings);
  }

  /**
   * The model that was analyzed.
   *
   * @param fingerprint names weights and config
   * @param modelType {@code model_type} of the config
   * @param layers all layers, with or without experts; those of an encoder come first
   * @param encoderLayers how many of them read a source; 0 in models without an encoder
   * @param experts routed experts per layer that has any
   * @param expertsPerToken experts a token uses
   * @param base fingerprint of the checkpoint whose routers it was compared with
   */
  public record Model(
      String fingerprint,
      String modelType,
      int layers,
      int encoderLayers,
      int experts,
      int expertsPerToken,
      Optional<String> base) {}

  /**
   * The data it was run over.
   *
   * @param fingerprint names the tokens
   * @param sequences number of sequences
   * @param tokens number of tokens, without those of sources
   * @param sourceTokens number of tokens of all sources
   * @param domains by name, in order of first appearance
   */
  public record Data(
      String fingerprint,
      long sequences,
      long tokens,
      long sourceTokens,
      Map<String, Domain> domains) {
    public Data {
      domains = Collections.unmodifiableMap(new LinkedHashMap<>(domains));
    }
  }

  /**
   * Data of one kind.
   *
   * @param sequences number of sequences
   * @param tokens number of tokens, without those of sources
   * @param sourceTokens number of tokens of all sources
   */
  public record Domain(long sequences, long tokens, long sourceTokens) {}

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
