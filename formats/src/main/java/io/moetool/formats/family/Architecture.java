package io.moetool.formats.family;

import java.util.List;
import java.util.Optional;

/**
 * A family's description filled in with the numbers of one checkpoint: everything that is needed to
 * name its tensors, check their shapes, run it and rewrite it.
 *
 * @param family identifier of the family's data file
 * @param modelType {@code model_type} of the config
 * @param assumed whether nothing but the user says that a model of this type is of this family
 * @param layers all layers; those of an encoder come first, and indices count from its first one
 * @param encoder the layers that read a source before the others predict a text; empty in models
 *     that only predict
 * @param hidden hidden size
 * @param vocabulary rows of the embedding
 * @param maxPositions longest sequence the model was made for
 * @param head what yields the logits
 * @param norm norms of blocks and of the final hidden state
 * @param wiring how blocks and the residual stream are joined
 * @param mixers what lets tokens see each other, one a layer
 * @param moe mixture-of-experts blocks
 * @param denseWidth width of the dense feed-forward block in layers without experts
 * @param names tensor names
 * @param predictionTail layers behind the last that the model runs without
 * @param expertCountPaths where the config states the number of experts; all are edited together
 * @param expertsPerTokenPaths where it states the number of experts per token; all are edited
 *     together
 * @param expertWidthPaths where the config states the width of an expert; all are edited together
 */
public record Architecture(
    String family,
    String modelType,
    boolean assumed,
    int layers,
    Optional<Encoder> encoder,
    int hidden,
    int vocabulary,
    int maxPositions,
    OutputHead head,
    Norm norm,
    Wiring wiring,
    List<TokenMixer> mixers,
    MoeBlock moe,
    int denseWidth,
    TensorNames names,
    PredictionTail predictionTail,
    List<String> expertCountPaths,
    List<String> expertsPerTokenPaths,
    List<String> expertWidthPaths) {
  public Architecture {
    mixers = List.copyOf(mixers);
    expertCountPaths = List.copyOf(expertCountPaths);
    expertsPerTokenPaths = List.copyOf(expertsPerTokenPaths);
    expertWidthPaths = List.copyOf(expertWidthPaths);
  }

  /** What lets the tokens of a layer see each other. */
  public TokenMixer mixer(int layer) {
    return mixers.get(layer);
  }

  /** The different rotations of the layers, in the order of their first use. */
  public List<Rope> ropes() {
    return mixers.stream().flatMap(mixer -> mixer.rope().stream()).distinct().toList();
  }

  /** Whether a layer has experts; the others have a dense feed-forward block. */
  public boolean isMoe(int layer) {
    return moe.layers().contains(layer);
  }
}
