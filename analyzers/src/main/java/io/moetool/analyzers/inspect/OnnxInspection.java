package io.moetool.analyzers.inspect;

import io.moetool.formats.family.Finding;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * An ONNX model from its graph and the extents of its tensors alone. Components are the keys of the
 * JSON document.
 *
 * @param form {@code onnx}
 * @param modelType {@code model_type} of what it was made from; {@code onnx} if nothing says
 * @param family identifier of the family that the config beside it is of; empty if there is none
 * @param operators what computes its experts
 * @param layers decoder layers, as far as the graph's caches show; otherwise up to the last with
 *     experts
 * @param moeLayers layers with experts
 * @param experts routed experts per such layer; the most of any
 * @param expertsPerToken experts a token uses; the most of any
 * @param sharedExperts experts every token uses; as the config says, otherwise 1 if tensors of that
 *     name are there
 * @param hidden hidden size
 * @param expertWidth extent between an expert's projections
 * @param activation what experts apply, as the operator calls it
 * @param vocabulary extent of the logits; -1 if the graph does not say
 * @param parameters weights; of those that are stored as integers, what they stand for
 * @param activeParameters parameters that work on any one token: all but the routed experts it does
 *     not choose
 * @param bytes bytes of all tensors
 * @param bytesByRole bytes by role, without empty ones
 * @param dtypes stored elements by element type
 * @param tensors number of tensors
 * @param fingerprint names graph and weights
 * @param source fingerprint of the checkpoint it was made from; empty if it does not say
 * @param expertLayers the layers with experts, ascending
 * @param findings where config and graph disagree, and what keeps experts from being taken away
 */
public record OnnxInspection(
    String form,
    String modelType,
    String family,
    List<String> operators,
    int layers,
    int moeLayers,
    int experts,
    int expertsPerToken,
    int sharedExperts,
    int hidden,
    int expertWidth,
    String activation,
    long vocabulary,
    long parameters,
    long activeParameters,
    long bytes,
    Map<String, Long> bytesByRole,
    Map<String, Long> dtypes,
    int tensors,
    String fingerprint,
    String source,
    List<Layer> expertLayers,
    List<Finding> findings) {
  public OnnxInspection {
    operators = List.copyOf(operators);
    bytesByRole = Collections.unmodifiableMap(new LinkedHashMap<>(bytesByRole));
    dtypes = Collections.unmodifiableMap(new LinkedHashMap<>(dtypes));
    expertLayers = List.copyOf(expertLayers);
    findings = List.copyOf(findings);
  }

  /**
   * A layer with experts.
   *
   * @param layer index in the model
   * @param operator what computes the experts
   * @param node name of the node that does
   * @param experts number of experts
   * @param expertsPerToken experts a token uses
   * @param router the router's matrix; empty if it was not found
   * @param bytes bytes of the experts' tensors
   */
  public record Layer(
      int layer,
      String operator,
      String node,
      int experts,
      int expertsPerToken,
      String router,
      long bytes) {}
}
