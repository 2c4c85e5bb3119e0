package io.moetool.formats.family;

import io.moetool.formats.BadInputException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;

/** Which layers carry a state from token to token instead of attending, and by which rule. */
final class RecurrenceReader {
  private static final String ATTENTION_LAYERS = "attentionLayers";
  private static final String DELTA_NET = "deltaNet";
  private static final String MAMBA = "mamba";

  /** Hidden size for each step before steps are projected, where a config leaves that open. */
  private static final int HIDDEN_PER_STEP = 16;

  private static final String MEND = "use the config the checkpoint was published with";

  private final ModelConfig config;
  private final FamilyValues values;
  private final int layers;
  private final int hidden;

  RecurrenceReader(ModelConfig config, FamilyValues values, int layers, int hidden) {
    this.config = config;
    this.values = values;
    this.layers = layers;
    this.hidden = hidden;
  }

  /**
   * The mixers of all layers.
   *
   * @param attention what each layer has if it attends
   */
  List<TokenMixer> among(List<TokenMixer> attention) {
    Optional<TokenMixer> recurrence = recurrence();
    if (recurrence.isEmpty()) {
      return attention;
    }
    requireKnownTypes();
    List<Integer> attending = LayerRule.read(values, ATTENTION_LAYERS, layers);
    return IntStream.range(0, layers)
        .mapToObj(
            layer -> attending.contains(layer) ? attention.get(layer) : recurrence.orElseThrow())
        .toList();
  }

  private Optional<TokenMixer> recurrence() {
    if (values.has(DELTA_NET)) {
      return Optional.of(deltaNet());
    }
    return values.has(MAMBA) ? Optional.of(mamba()) : Optional.empty();
  }

  /** Where the config lists the type of every layer, it lists all and none but these two. */
  private void requireKnownTypes() {
    List<String> types = values.texts(ATTENTION_LAYERS, "types");
    if (types.isEmpty()) {
      return;
    }
    Set<String> known =
        Set.of(values.text(ATTENTION_LAYERS, "type"), values.text(ATTENTION_LAYERS, "otherType"));
    if (types.size() != layers || !known.containsAll(types)) {
      throw new BadInputException(
          config.where(),
          "layer types must be one of %s for each of %d layers, found %s"
              .formatted(new TreeSet<>(known), layers, types),
          MEND);
    }
  }

  private DeltaNet deltaNet() {
    int keyHeads = values.count(DELTA_NET, "keyHeads");
    int valueHeads = values.count(DELTA_NET, "valueHeads");
    if (valueHeads % keyHeads != 0) {
      throw new BadInputException(
          config.where(),
          "%d value heads cannot share %d key heads evenly".formatted(valueHeads, keyHeads),
          MEND);
    }
    return new DeltaNet(
        keyHeads,
        values.count(DELTA_NET, "keyDim"),
        valueHeads,
        values.count(DELTA_NET, "valueDim"),
        values.count(DELTA_NET, "convolution"));
  }

  private Mamba mamba() {
    return new Mamba(
        Math.multiplyExact(values.count(MAMBA, "expand"), hidden),
        values.count(MAMBA, "stateSize"),
        values.countOrAuto(MAMBA, "stepRank", Math.ceilDiv(hidden, HIDDEN_PER_STEP)),
        values.count(MAMBA, "convolution"),
        values.flag(MAMBA, "convolutionBias"),
        values.flag(MAMBA, "projectionBias"));
  }
}
