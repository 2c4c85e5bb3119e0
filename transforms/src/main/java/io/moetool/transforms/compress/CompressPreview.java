package io.moetool.transforms.compress;

/**
 * What compressing would do. Components are the keys of the JSON document.
 *
 * @param bytesBefore bytes of all tensors in the source
 * @param bytesAfter bytes of all tensors in the result
 * @param diskBytes room the result needs on the disk at most
 * @param expertsBefore routed experts per layer in the source
 * @param expertsAfter as many
 * @param expertsPerTokenBefore experts per token in the source
 * @param expertsPerTokenAfter experts per token in the result
 * @param widthBefore neurons of an expert in the source
 * @param widthAfter neurons of an expert in the result
 * @param tensorsCopied tensors whose bytes are those of a tensor of the source
 * @param tensorsChanged tensors cut from one of the source, or multiplied
 * @param shards weights files in the result
 */
public record CompressPreview(
    long bytesBefore,
    long bytesAfter,
    long diskBytes,
    int expertsBefore,
    int expertsAfter,
    int expertsPerTokenBefore,
    int expertsPerTokenAfter,
    int widthBefore,
    int widthAfter,
    int tensorsCopied,
    int tensorsChanged,
    int shards) {}
