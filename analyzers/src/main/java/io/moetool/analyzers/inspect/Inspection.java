package io.moetool.analyzers.inspect;

import io.moetool.formats.family.Finding;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A checkpoint from its headers or its config alone. Components are the keys of the JSON document.
 *
 * @param modelType {@code model_type} of the config
 * @param family identifier of the family that describes it
 * @param quantisation how weights are stored, as the config calls it; empty if they are plain
 * @param layers decoder layers
 * @param moeLayers layers with experts
 * @param experts routed experts per such layer
 * @param expertsPerToken experts a token uses
 * @param sharedExperts experts every token uses
 * @param hidden hidden size
 * @param vocabulary rows of the embedding
 * @param maxPositions longest sequence the model was made for
 * @param parameters elements of all weights; a tied head is stored, and counted, once, and scales
 *     of quantised weights are not counted
 * @param activeParameters parameters that work on any one token: all but the routed experts it does
 *     not choose. The embedding counts whole although a token reads one row of it, as is usual in
 *     model cards
 * @param bytes bytes of all tensors
 * @param bytesByRole bytes by {@code TensorRole.Group} key, in the order of the groups, without
 *     empty ones
 * @param dtypes stored elements by element type, in the order of the types
 * @param tensors number of tensors
 * @param fingerprint names weights and config; empty where there are no weights
 * @param sizesFrom what names, types and shapes were taken from: {@code headers}, or the config
 *     with the element type that was taken for the weights
 * @param findings where config and tensors disagree
 * @param loading where a checkpoint of this shape loads
 */
public record Inspection(
    String modelType,
    String family,
    String quantisation,
    int layers,
    int moeLayers,
    int experts,
    int expertsPerToken,
    int sharedExperts,
    int hidden,
    int vocabulary,
    int maxPositions,
    long parameters,
    long activeParameters,
    long bytes,
    Map<String, Long> bytesByRole,
    Map<String, Long> dtypes,
    int tensors,
    String fingerprint,
    String sizesFrom,
    List<Finding> findings,
    List<Loading> loading) {
  public Inspection {
    bytesByRole = Collections.unmodifiableMap(new LinkedHashMap<>(bytesByRole));
    dtypes = Collections.unmodifiableMap(new LinkedHashMap<>(dtypes));
    findings = List.copyOf(findings);
    loading = List.copyOf(loading);
  }

  /** The same, saying what names, types and shapes were taken from. */
  Inspection withSizesFrom(String origin) {
    return new Inspection(
        modelType,
        family,
        quantisation,
        layers,
        moeLayers,
        experts,
        expertsPerToken,
        sharedExperts,
        hidden,
        vocabulary,
        maxPositions,
        parameters,
        activeParameters,
        bytes,
        bytesByRole,
        dtypes,
        tensors,
        fingerprint,
        origin,
        findings,
        loading);
  }
}
