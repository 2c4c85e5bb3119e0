package io.moetool.transforms.convert;

import io.moetool.formats.TensorContent;
import io.moetool.formats.publish.Sha256;
import io.moetool.formats.publish.WriteProgress;
import io.moetool.formats.publish.WrittenFile;
import io.moetool.runtime.graph.ExternalData;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;

/** Writes the file with an exported model's large tensors, in order, hashing on the way. */
final class ExternalDataWriter {
  private final FileChannel channel;
  private final long total;
  private final WriteProgress progress;
  private final Sha256 fileHash = new Sha256();
  private long position;

  private ExternalDataWriter(FileChannel channel, long total, WriteProgress progress) {
    this.channel = channel;
    this.total = total;
    this.progress = progress;
  }

  static WrittenFile write(
      Path file, ExternalData data, ExportContent content, WriteProgress progress)
      throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      ExternalDataWriter writer = new ExternalDataWriter(channel, data.byteSize(), progress);
      Map<String, String> hashes = new LinkedHashMap<>();
      for (ExternalData.Placed tensor : data.tensors()) {
        writer.padTo(tensor.offset());
        hashes.put(tensor.name(), writer.write(tensor, content.of(tensor)));
      }
      return new WrittenFile(
          file.getFileName().toString(), writer.position, writer.fileHash.hex(), hashes);
    }
  }

  private String write(ExternalData.Placed tensor, TensorContent content) throws IOException {
    Sha256 hash = new Sha256();
    content.writeTo(bytes -> {
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

  private void append(MemorySegment bytes) throws IOException {
    fileHash.update(bytes);
    ByteBuffer buffer = bytes.asByteBuffer();
    while (buffer.hasRemaining()) {
      position += channel.write(buffer);
    }
    progress.written(position, total);
  }
}
