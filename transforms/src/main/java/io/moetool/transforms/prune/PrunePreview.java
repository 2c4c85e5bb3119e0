package io.moetool.transforms.prune;

/**
 * What pruning would do. Components are the keys of the JSON document.
 *
 * @param bytesBefore bytes of all tensors in the source
 * @param bytesAfter bytes of all tensors in the result
 * @param diskBytes room the result needs on the disk at most
 * @param expertsBefore routed experts per layer in the source
 * @param expertsAfter routed experts per layer in the result
 * @param tensorsCopied tensors whose bytes are those of a tensor of the source
 * @param tensorsChanged tensors cut or computed from one of the source
 * @param tensorsDropped tensors of the source that go
 * @param shards weights files in the result
 */
public record PrunePreview(
    long bytesBefore,
    long bytesAfter,
    long diskBytes,
    int expertsBefore,
    int expertsAfter,
    int tensorsCopied,
    int tensorsChanged,
    int tensorsDropped,
    int shards) {}
