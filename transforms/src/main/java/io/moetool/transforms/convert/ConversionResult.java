package io.moetool.transforms.convert;

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
    double maxLogitDifference) {}
