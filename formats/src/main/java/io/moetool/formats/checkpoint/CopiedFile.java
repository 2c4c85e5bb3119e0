package io.moetool.formats.checkpoint;

import java.nio.file.Path;

/**
 * A file that goes into an output byte for byte.
 *
 * @param name path inside the output folder, with forward slashes
 * @param source where its bytes are
 */
public record CopiedFile(String name, Path source) {}
