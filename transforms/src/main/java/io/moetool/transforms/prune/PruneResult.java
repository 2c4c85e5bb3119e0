package io.moetool.transforms.prune;

import java.nio.file.Path;

/**
 * What pruning did. Components are the keys of the JSON document.
 *
 * @param output the new folder
 * @param bytesBefore bytes of all tensors in the source
 * @param bytesAfter bytes of all tensors in the result
 * @param expertsBefore routed experts per layer in the source
 * @param expertsAfter routed experts per layer in the result
 * @param tensorsCopied tensors whose bytes are those of a tensor of the source
 * @param tensorsChanged tensors cut or computed from one of the source
 * @param seconds time it took
 */
public record PruneResult(
    String output,
    long bytesBefore,
    long bytesAfter,
    int expertsBefore,
    int expertsAfter,
    int tensorsCopied,
    int tensorsChanged,
    double seconds) {

  static PruneResult of(Path output, PrunePreview done, double seconds) {
    return new PruneResult(
        output.toString(),
        done.bytesBefore(),
        done.bytesAfter(),
        done.expertsBefore(),
        done.expertsAfter(),
        done.tensorsCopied(),
        done.tensorsChanged(),
        seconds);
  }
}
