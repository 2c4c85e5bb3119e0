package io.moetool.formats.safetensors;

import io.moetool.formats.TensorInfo;

/**
 * A tensor and where its bytes are.
 *
 * @param info name, type and shape
 * @param begin first byte, counted from the start of the data (not of the file)
 * @param end byte after the last, counted likewise
 */
public record StoredTensor(TensorInfo info, long begin, long end) {}
