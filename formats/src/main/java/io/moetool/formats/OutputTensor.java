package io.moetool.formats;

/**
 * A tensor of a checkpoint that is about to be written.
 *
 * @param info name, type and shape in the output
 * @param content its bytes, asked for once, in the order the writer chooses
 */
public record OutputTensor(TensorInfo info, TensorContent content) {}
