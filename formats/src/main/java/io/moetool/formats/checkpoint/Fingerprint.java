package io.moetool.formats.checkpoint;

import io.moetool.formats.TensorInfo;
import io.moetool.formats.TensorStore;
import io.moetool.formats.publish.SampledBytes;
import io.moetool.formats.publish.Sha256;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.SortedSet;
import java.util.TreeSet;
import tools.jackson.databind.node.ObjectNode;

/**
 * Which model this is, in one line: statistics and plans carry it, so that they are never applied
 * to another model. Two checkpoints that differ only in how they are split into files, in spelling
 * of their config or in tensor order have the same fingerprint.
 *
 * <p>It is the SHA-256 of the following, texts in UTF-8 behind their length in bytes, numbers as 8
 * bytes, little-endian:
 *
 * <ol>
 *   <li>the text {@code moetool-fingerprint-1};
 *   <li>the config as {@link CanonicalJson} text;
 *   <li>the number of tensors; then for each tensor in the order of its name ({@link
 *       String#compareTo}): its name, its element type, its rank, its extents, and of its bytes the
 *       sample that {@link SampledBytes} takes.
 * </ol>
 *
 * <p>So it costs at most 64 KiB of reading per tensor, and it does not notice changes in the middle
 * of large tensors; for that there are the hashes of a {@link Manifest}.
 */
public final class Fingerprint {
  private static final String HEADING = "moetool-fingerprint-1";

  private final Sha256 hash = new Sha256();

  private Fingerprint() {}

  /**
   * Computes a fingerprint.
   *
   * @param config {@code config.json}
   * @param tensors all tensors of the model
   * @return {@code sha256:} and 64 lower-case hex digits
   */
  public static String of(ObjectNode config, TensorStore tensors) {
    Fingerprint fingerprint = new Fingerprint();
    fingerprint.add(HEADING);
    fingerprint.add(CanonicalJson.of(config));
    fingerprint.add(tensors.names().size());
    SortedSet<String> names = new TreeSet<>(tensors.names());
    Iterator<MemorySegment> bytes =
        names.stream().map(name -> tensors.view(name).bytes()).iterator();
    try (SampledBytes samples = new SampledBytes(fingerprint.hash, bytes)) {
      for (String name : names) {
        fingerprint.add(tensors.info(name));
        samples.addNext();
      }
    }
    return "sha256:" + fingerprint.hash.hex();
  }

  private void add(TensorInfo info) {
    add(info.name());
    add(info.dtype().name());
    add(info.shape().rank());
    info.shape().dims().forEach(this::add);
  }

  private void add(String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    add(utf8.length);
    hash.update(ByteBuffer.wrap(utf8));
  }

  private void add(long number) {
    hash.update(
        ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(number).flip());
  }
}
