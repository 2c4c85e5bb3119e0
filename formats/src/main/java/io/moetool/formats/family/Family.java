package io.moetool.formats.family;

import io.moetool.formats.BadInputException;
import io.moetool.formats.quantisation.Quantisation;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** A model family as its data file describes it, not yet filled in with numbers. */
public final class Family {
  private static final String ENCODER = "encoder";

  private final ObjectNode definition;

  Family(ObjectNode definition) {
    this.definition = definition;
  }

  /** Identifier: the data file's name without its ending. */
  public String id() {
    return definition.get("family").stringValue();
  }

  /** Name for people. */
  public String title() {
    return definition.get("title").stringValue();
  }

  /** Values of {@code model_type} that mean this family. */
  public List<String> modelTypes() {
    List<String> types = new ArrayList<>();
    definition.get("modelTypes").forEach(t -> types.add(t.stringValue()));
    return types;
  }

  /**
   * The family with the numbers of one config and the names of one checkpoint. If the config's
   * model type is not one of the family's, the family is assumed.
   *
   * @param stored names of the checkpoint's tensors; they decide where a family's tensors may be
   *     named or laid out in more than one way
   * @throws BadInputException if a number is missing, impossible, or asks for something not
   *     supported
   */
  public Architecture resolve(ModelConfig whole, Set<String> stored) {
    ModelConfig config = whole.lookingIn(configRoots());
    FamilyValues values = new FamilyValues(definition, config);
    int encoderLayers = values.has(ENCODER) ? values.count(ENCODER, "layers") : 0;
    int layers = encoderLayers + values.count("dimensions", "layers");
    int hidden = values.count("dimensions", "hidden");
    requireCovered(config);
    TensorNames names = names(QuantisationReader.read(config), stored, encoderLayers);
    return new Architecture(
        id(),
        whole.modelType(),
        !modelTypes().contains(whole.modelType()),
        layers,
        encoder(values, encoderLayers),
        hidden,
        values.count("dimensions", "vocabulary"),
        values.count("dimensions", "maxPositions"),
        new OutputHead(values.flag("head", "tied"), values.flag("head", "bias", false)),
        new Norm(
            Norm.Kind.valueOf(values.text("norm", "kind", "rms").toUpperCase(Locale.ROOT)),
            values.number("norm", "epsilon")),
        wiring(config, values, hidden),
        new MixerReader(config, values, layers, hidden).read(),
        moe(config, values, moeLayers(values, encoderLayers, layers), names),
        values.count("dimensions", "denseWidth"),
        names,
        PredictionTail.of(config, names, layers),
        values.places("dimensions", "experts"),
        values.places("dimensions", "expertsPerToken"),
        values.firstPlaces("dimensions", "expertWidth"));
  }

  /** The names that a checkpoint with these tensors and that many layers of an encoder uses. */
  TensorNames names(Quantisation quantisation, Set<String> stored, int encoderLayers) {
    return new TensorLayout(definition, quantisation).names(stored, encoderLayers);
  }

  private static Optional<Encoder> encoder(FamilyValues values, int layers) {
    return layers == 0
        ? Optional.empty()
        : Optional.of(new Encoder(layers, values.index(ENCODER, "decoderStart", 0)));
  }

  /** Layers with experts, those of the encoder first. */
  private static List<Integer> moeLayers(FamilyValues values, int encoderLayers, int layers) {
    List<Integer> moeLayers = new ArrayList<>();
    if (encoderLayers > 0) {
      moeLayers.addAll(LayerRule.read(values, "encoderMoeLayers", encoderLayers));
    }
    LayerRule.read(values, "moeLayers", layers - encoderLayers)
        .forEach(layer -> moeLayers.add(encoderLayers + layer));
    return moeLayers;
  }

  private static Wiring wiring(ModelConfig config, FamilyValues values, int hidden) {
    double logitDivisor = values.number("wiring", "logitDivisor", 1);
    if (!(logitDivisor > 0)) {
      throw new BadInputException(
          config.where(),
          "logits cannot be divided by " + logitDivisor,
          "use the config the checkpoint was published with");
    }
    return new Wiring(
        Wiring.NormPlace.valueOf(values.text("wiring", "norms", "before").toUpperCase(Locale.ROOT)),
        values.number("wiring", "embeddingScale", 1),
        values.number("wiring", "residualScale", 1),
        (values.flag("wiring", "logitsOverRootOfHidden", false) ? 1 / Math.sqrt(hidden) : 1)
            / logitDivisor);
  }

  private static MoeBlock moe(
      ModelConfig config, FamilyValues values, List<Integer> layers, TensorNames names) {
    int experts = values.count("dimensions", "experts");
    int fewest = values.count("dimensions", "fewestExperts", 1);
    if (experts < fewest) {
      throw new BadInputException(
          config.where(),
          "it counts %d experts; with fewer than %d no layer has any".formatted(experts, fewest),
          "name a model with experts");
    }
    RoutedExpert expert = new ExpertReader(config, values).read(names.quantisation());
    return new MoeBlock(
        layers,
        experts,
        fewest,
        expert,
        new RouterReader(config, values).read(experts),
        values.flag("router", "bias", false),
        values.optionalCount("router", "capacity").map(OptionalInt::of).orElse(OptionalInt.empty()),
        shared(values, expert.width()));
  }

  private static Optional<MoeBlock.SharedExpert> shared(FamilyValues values, int expertWidth) {
    int count = values.index("shared", "count", 0);
    int width = values.index("shared", "width", expertWidth);
    if (count == 0 || width == 0) {
      return Optional.empty();
    }
    return Optional.of(
        new MoeBlock.SharedExpert(
            count, Math.multiplyExact(count, width), values.flag("shared", "gated", false)));
  }

  /**
   * Refuses what the family's implementations can be asked for and its data file does not describe.
   */
  private void requireCovered(ModelConfig config) {
    definition
        .path("requires")
        .forEachEntry((key, value) ->
            config
                .find(key)
                .filter(
                    found -> !found.equals(value) && value.valueStream().noneMatch(found::equals))
                .ifPresent(found -> {
                  throw new BadInputException(
                      config.where(),
                      "%s is %s, which is not supported in the family %s"
                          .formatted(key, found, id()),
                      "supported: " + value);
                }));
  }

  /** Fields of a config that the family reads by name; a field with the other names it has. */
  Set<List<String>> configFields() {
    Set<List<String>> fields = new LinkedHashSet<>();
    definition
        .propertyStream()
        .filter(section -> section.getValue().isObject() && !section.getKey().equals("tensors"))
        .forEach(section -> {
          if (section.getKey().equals("requires")) {
            section.getValue().propertyNames().forEach(field -> fields.add(List.of(field)));
          } else {
            addFields(section.getValue(), fields);
          }
        });
    return fields;
  }

  private static void addFields(JsonNode value, Set<List<String>> fields) {
    if (value.has("config")) {
      fields.add(FamilyValues.keys(value));
    }
    value.propertyStream().forEach(inner -> addFields(inner.getValue(), fields));
  }

  /** Whether queries and keys are rotated. */
  boolean rotates() {
    return definition.has("rope");
  }

  /** Objects of the config that hold the family's numbers, the first that holds one deciding. */
  List<String> configRoots() {
    List<String> roots = new ArrayList<>();
    definition.path("configRoot").forEach(root -> roots.add(root.stringValue()));
    return roots.isEmpty() ? List.of("") : roots;
  }
}
