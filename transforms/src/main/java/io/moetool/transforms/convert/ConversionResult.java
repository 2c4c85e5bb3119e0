package io.moetool.transforms.convert;

import java.util.Optional;

/**
 * What a conversion did. Components are the keys of the JSON document.
 *
 * @param output the new folder or file
 * @param bytesBefore bytes of all tensors in the source
 * @param bytesAfter bytes of all tensors in the result
 * @param expertsBefore routed experts per layer in the source
 * @param expertsAfter routed experts per layer in the result
 * @param tensorsCopied tensors that hold the elements of one tensor of the source
 * @param tensorsChanged tensors put together from several, or computed
 * @param seconds time it took
 * @param operators form of the graph: {@code fused} or {@code standard}
 * @param maxLogitDifference largest difference of a logit between the result and the source, on the
 *     tokens both were run on before the result was published
 * @param dtype element type of matrices: {@code float32}, {@code float16} or {@code bfloat16}
 * @param experts of routed experts: the same, {@code int8} or {@code int4}
 * @param relativeLogitDifference root of the mean squared difference of logits by that of the mean
 *     squared logit, on the same tokens
 * @param expertWeightError root of the mean squared error of experts' weights stored as integers by
 *     that of the mean squared weight; 0 if none are
 * @param withoutGenaiConfig why there is no {@code genai_config.json} for ONNX Runtime GenAI; empty
 *     if there is one
 */
public record ConversionResult(
    String output,
    long bytesBefore,
    long bytesAfter,
    int expertsBefore,
    int expertsAfter,
    int tensorsCopied,
    int tensorsChanged,
    double seconds,
    String operators,
    double maxLogitDifference,
    String dtype,
    String experts,
    double relativeLogitDifference,
    double expertWeightError,
    Optional<String> withoutGenaiConfig) {}
