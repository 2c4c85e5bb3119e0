package io.moetool.formats.onnx;

import io.moetool.formats.TensorContent;
import io.moetool.formats.publish.TensorOutput;
import io.moetool.formats.publish.WriteBuffers;
import io.moetool.formats.publish.WriteProgress;
import io.moetool.formats.publish.WrittenFile;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/** Writes the file with a model's large tensors, in order, hashing on the way. */
public final class OnnxDataWriter {
  private OnnxDataWriter() {}

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
    long total = tensors.isEmpty() ? 0 : tensors.getLast().offset() + tensors.getLast().byteSize();
    try (FileChannel channel =
            FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        WriteBuffers buffers = new WriteBuffers();
        TensorOutput out =
            new TensorOutput(channel, buffers, done -> progress.written(done, total))) {
      for (Placed tensor : tensors) {
        int padding = Math.toIntExact(tensor.offset() - out.position());
        out.write(MemorySegment.ofArray(new byte[padding]));
        out.write(tensor.name(), tensor.byteSize(), tensor.content());
      }
      return out.finish(String.valueOf(file.getFileName()));
    }
  }
}
