package io.moetool.formats.onnx;

import io.moetool.formats.TensorContent;
import io.moetool.formats.publish.Sha256;
import io.moetool.formats.publish.WriteProgress;
import io.moetool.formats.publish.WrittenFile;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Writes the file with a model's large tensors, in order, hashing on the way. */
public final class OnnxDataWriter {
  private final FileChannel channel;
  private final long total;
  private final WriteProgress progress;
  private final Sha256 fileHash = new Sha256();
  private long position;

  private OnnxDataWriter(FileChannel channel, long total, WriteProgress progress) {
    this.channel = channel;
    this.total = total;
    this.progress = progress;
  }

  /**
   * A tensor of the file.
   *
   * @param name value name in the graph
   * @param offset first byte
   * @param byteSize bytes it takes
   * @param content its elements
   */
  public record Placed(String name, long offset, long byteSize, TensorContent content) {}

  /**
   * Writes a new file.
   *
   * @param tensors by offset
   * @param progress told bytes of the file
   */
  public static WrittenFile write(Path file, List<Placed> tensors, WriteProgress progress)
      throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      long total =
          tensors.isEmpty() ? 0 : tensors.getLast().offset() + tensors.getLast().byteSize();
      OnnxDataWriter writer = new OnnxDataWriter(channel, total, progress);
      Map<String, String> hashes = new LinkedHashMap<>();
      for (Placed tensor : tensors) {
        writer.padTo(tensor.offset());
        hashes.put(tensor.name(), writer.write(tensor));
      }
      return new WrittenFile(
          String.valueOf(file.getFileName()), writer.position, writer.fileHash.hex(), hashes);
    }
  }

  private String write(Placed tensor) throws IOException {
    Sha256 hash = new Sha256();
    tensor
        .content()
        .writeTo(bytes -> {
          hash.update(bytes);
          append(bytes);
        });
    long expected = tensor.offset() + tensor.byteSize();
    if (position != expected) {
      throw new IllegalStateException(
          "tensor %s ends at byte %d, laid out to end at %d"
              .formatted(tensor.name(), position, expected));
    }
    return hash.hex();
  }

  private void padTo(long offset) throws IOException {
    append(MemorySegment.ofArray(new byte[Math.toIntExact(offset - position)]));
  }

  /** In pieces, as a segment of 2 GB is no buffer. */
  private void append(MemorySegment bytes) throws IOException {
    fileHash.update(bytes);
    for (long at = 0; at < bytes.byteSize(); at += Integer.MAX_VALUE / 2) {
      ByteBuffer buffer =
          bytes.asSlice(at, Math.min(Integer.MAX_VALUE / 2, bytes.byteSize() - at)).asByteBuffer();
      while (buffer.hasRemaining()) {
        position += channel.write(buffer);
      }
    }
    progress.written(position, total);
  }
}
