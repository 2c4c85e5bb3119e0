package io.moetool.formats.family;

import io.moetool.formats.BadInputException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.IntStream;

/** The token mixers that a family's data file and a config describe together, one a layer. */
final class MixerReader {
  private static final String ATTENTION = "attention";
  private static final String ROPE = "rope";
  private static final String UNROTATED = "unrotatedLayers";
  private static final String MEND = "use the config the checkpoint was published with";

  private final ModelConfig config;
  private final FamilyValues values;
  private final int layers;
  private final int hidden;

  MixerReader(ModelConfig config, FamilyValues values, int layers, int hidden) {
    this.config = config;
    this.values = values;
    this.layers = layers;
    this.hidden = hidden;
  }

  List<TokenMixer> read() {
    return new RecurrenceReader(config, values, layers, hidden).among(attention());
  }

  private List<TokenMixer> attention() {
    if (values.text(ATTENTION, "kind", "grouped").equals("latent")) {
      return Collections.nCopies(layers, new LatentAttentionReader(config, values).read());
    }
    if (values.text(ATTENTION, "kind", "grouped").equals("relative")) {
      return relative();
    }
    int heads = values.count(ATTENTION, "heads");
    int headDim = values.count(ATTENTION, "headDim", Math.max(1, hidden / heads));
    Optional<Rope> rope = values.has(ROPE) ? Optional.of(rope(headDim)) : Optional.empty();
    Optional<Integer> window = values.optionalCount(ATTENTION, "slidingWindow");
    List<Integer> sliding =
        window.isPresent() ? LayerRule.read(values, "slidingLayers", layers) : List.of();
    List<Integer> unrotated = unrotatedLayers();
    Optional<Integer> chunk = values.optionalCount(ATTENTION, "chunk");
    List<TokenMixer> mixers = new ArrayList<>();
    for (int layer = 0; layer < layers; layer++) {
      boolean rotated = !unrotated.contains(layer);
      Attention.Reach reach = new Attention.Reach.Everything();
      if (sliding.contains(layer)) {
        reach = new Attention.Reach.Window(window.orElseThrow());
      } else if (rotated && chunk.isPresent()) {
        reach = new Attention.Reach.Chunk(chunk.get());
      }
      mixers.add(attention(heads, headDim, rotated ? rope : Optional.empty(), reach));
    }
    return mixers;
  }

  private List<TokenMixer> relative() {
    int encoderLayers = values.index("encoder", "layers", 0);
    int buckets = values.count(ATTENTION, "buckets");
    int maxDistance = values.count(ATTENTION, "maxDistance");
    // Half of the buckets are single distances, in an encoder half of those for each direction.
    int exact = buckets / 4;
    if (buckets % 4 != 0 || maxDistance <= 2 * exact) {
      throw new BadInputException(
          config.where(),
          "%d buckets for distances up to %d are not supported".formatted(buckets, maxDistance),
          "supported: a multiple of 4, and distances of more than half of it");
    }
    List<TokenMixer> mixers = new ArrayList<>();
    for (int layer = 0; layer < layers; layer++) {
      mixers.add(
          new RelativeAttention(
              values.count(ATTENTION, "heads"),
              values.count(ATTENTION, "headDim"),
              buckets,
              maxDistance,
              layer >= encoderLayers));
    }
    return mixers;
  }

  /** Layers without a rotation; a config may list a zero for each of them and a one for others. */
  private List<Integer> unrotatedLayers() {
    List<Integer> flags = values.indices(UNROTATED, "flags");
    if (!flags.isEmpty()) {
      return IntStream.range(0, Math.min(layers, flags.size()))
          .filter(layer -> flags.get(layer) == 0)
          .boxed()
          .toList();
    }
    return values.isGiven(UNROTATED, "every")
        ? LayerRule.read(values, UNROTATED, layers)
        : List.of();
  }

  private Attention attention(int heads, int headDim, Optional<Rope> rope, Attention.Reach reach) {
    int keyValueHeads = values.count(ATTENTION, "keyValueHeads", heads);
    if (heads % keyValueHeads != 0) {
      throw new BadInputException(
          config.where(),
          "%d query heads cannot share %d key/value heads evenly".formatted(heads, keyValueHeads),
          MEND);
    }
    return new Attention(
        heads,
        keyValueHeads,
        headDim,
        values.number(ATTENTION, "scale", 1 / Math.sqrt(headDim)),
        values.flag(ATTENTION, "projectionBias"),
        values.flag(ATTENTION, "outputBias"),
        values.flag(ATTENTION, "queryKeyNormUsed", true)
                && (rope.isPresent() || !values.flag(ATTENTION, "normsRotated", false))
            ? Attention.QueryKeyNorm.valueOf(
                values.text(ATTENTION, "queryKeyNorm").toUpperCase(Locale.ROOT))
            : Attention.QueryKeyNorm.NONE,
        values.flag(ATTENTION, "normsRotated", false),
        values
            .optionalNumber(ATTENTION, "clip")
            .map(OptionalDouble::of)
            .orElse(OptionalDouble.empty()),
        values.flag(ATTENTION, "outputGate", false),
        rope,
        reach,
        values.flag(ATTENTION, "sinks", false),
        rope.isEmpty() && values.isTrue(ATTENTION, "temperature", false)
            ? Optional.of(
                new Attention.Temperature(
                    values.number(ATTENTION, "temperatureScale"),
                    values.count(ATTENTION, "temperatureFloor")))
            : Optional.empty());
  }

  private Rope rope(int headDim) {
    requireStated();
    return new RopeConfig(config)
        .read(
            Rope.Layout.valueOf(values.text(ROPE, "layout", "half").toUpperCase(Locale.ROOT)),
            values.number(ROPE, "defaultTheta"),
            values
                .optionalCount(ROPE, "rotaryDim")
                .map(dim -> (double) dim / headDim)
                .orElseGet(() -> values.number(ROPE, "rotaryShare", 1)),
            headDim);
  }

  /** Refuses a config that leaves to its reader how the rotation is scaled, where that matters. */
  private void requireStated() {
    boolean stated =
        config.find("rope_parameters").isPresent() || config.find("rope_scaling").isPresent();
    if (!stated && values.flag(ROPE, "scalingStated", false)) {
      throw new BadInputException(
          config.where(), "it does not say rope_scaling or rope_parameters", MEND);
    }
  }
}
