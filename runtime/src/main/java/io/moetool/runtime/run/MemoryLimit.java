package io.moetool.runtime.run;

import java.nio.file.Path;

/**
 * How much memory a run may take, and where it may put what does not fit.
 *
 * @param bytes resident memory of the process at its peak: the heap, ONNX Runtime's memory and
 *     mapped files together
 * @param folder takes a file of hidden states, which is removed when the run ends, however it does
 */
public record MemoryLimit(long bytes, Path folder) {}
