/**
 * Reads and writes safetensors files: an 8-byte little-endian header length, a JSON header, then
 * tensor bytes back to back. A file that contradicts the format is refused with its name and the
 * byte offset.
 *
 * <p>Nothing here knows what a tensor means, or that several files can belong together.
 */
@NullMarked
package io.moetool.formats.safetensors;

import org.jspecify.annotations.NullMarked;
