package io.moetool.transforms.compress;

import java.nio.file.Path;

/**
 * What compressing did. Components are the keys of the JSON document.
 *
 * @param output the new folder
 * @param bytesBefore bytes of all tensors in the source
 * @param bytesAfter bytes of all tensors in the result
 * @param expertsBefore routed experts per layer in the source
 * @param expertsAfter as many
 * @param expertsPerTokenBefore experts per token in the source
 * @param expertsPerTokenAfter experts per token in the result
 * @param widthBefore neurons of an expert in the source
 * @param widthAfter neurons of an expert in the result
 * @param tensorsCopied tensors whose bytes are those of a tensor of the source
 * @param tensorsChanged tensors cut from one of the source, or multiplied
 * @param seconds time it took
 */
public record CompressResult(
    String output,
    long bytesBefore,
    long bytesAfter,
    int expertsBefore,
    int expertsAfter,
    int expertsPerTokenBefore,
    int expertsPerTokenAfter,
    int widthBefore,
    int widthAfter,
    int tensorsCopied,
    int tensorsChanged,
    double seconds) {

  static CompressResult of(Path output, CompressPreview done, double seconds) {
    return new CompressResult(
        output.toString(),
        done.bytesBefore(),
        done.bytesAfter(),
        done.expertsBefore(),
        done.expertsAfter(),
        done.expertsPerTokenBefore(),
        done.expertsPerTokenAfter(),
        done.widthBefore(),
        done.widthAfter(),
        done.tensorsCopied(),
        done.tensorsChanged(),
        seconds);
  }
}
