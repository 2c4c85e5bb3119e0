package io.moetool.formats.safetensors;

import io.moetool.formats.BadInputException;
import io.moetool.formats.EnvironmentException;
import io.moetool.formats.OutputTensor;
import io.moetool.formats.TensorInfo;
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
import java.util.Map;
import java.util.function.Function;

/**
 * Writes safetensors files from tensors whose sizes are known and whose bytes are produced on the
 * way. Memory does not grow with the size of the file.
 *
 * <p>The order given is the order in the file, unless some tensor would then lie at an address that
 * is no multiple of its element size; in that case wider elements go first.
 */
public final class SafetensorsWriter {
  /** What libraries ask for before they accept a checkpoint. */
  public static final Map<String, String> CHECKPOINT_METADATA = Map.of("format", "pt");

  private SafetensorsWriter() {}

  /**
   * Header of the file that {@link #write(Path, List, WriteBuffers, WriteProgress)} would write:
   * sizes and places.
   *
   * @throws BadInputException if it would be longer than readers accept
   */
  public static SafetensorsHeader layout(List<TensorInfo> tensors) {
    return SafetensorsHeader.of(
        TensorOrder.aligned(tensors, Function.identity()), CHECKPOINT_METADATA);
  }

  /**
   * Writes a checkpoint file: its metadata say that it is one. A failure leaves a part of it, so
   * write into a {@link io.moetool.formats.publish.StagedFolder} or {@link
   * io.moetool.formats.publish.StagedFile}.
   *
   * @param path a file that does not exist or is empty
   * @param buffers memory to write through
   * @param progress told bytes of this file
   * @return last part of {@code path}, size and hashes
   * @throws BadInputException if the header would be longer than readers accept
   * @throws EnvironmentException if the disk refuses
   * @throws IllegalStateException if a content has another size than its tensor
   */
  public static WrittenFile write(
      Path path, List<OutputTensor> tensors, WriteBuffers buffers, WriteProgress progress) {
    return write(path, tensors, CHECKPOINT_METADATA, buffers, progress);
  }

  /** Writes a single file likewise, with metadata of one's own, written in key order. */
  public static WrittenFile write(
      Path path, List<OutputTensor> tensors, Map<String, String> metadata, WriteProgress progress) {
    try (WriteBuffers buffers = new WriteBuffers()) {
      return write(path, tensors, metadata, buffers, progress);
    }
  }

  private static WrittenFile write(
      Path path,
      List<OutputTensor> tensors,
      Map<String, String> metadata,
      WriteBuffers buffers,
      WriteProgress progress) {
    List<OutputTensor> ordered = TensorOrder.aligned(tensors, OutputTensor::info);
    SafetensorsHeader header =
        SafetensorsHeader.of(ordered.stream().map(OutputTensor::info).toList(), metadata);
    try (FileChannel channel =
        FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      if (channel.size() > 0) {
        // Truncating it would pull the bytes from under whoever has it mapped.
        throw new IllegalStateException(path + " is there already and not empty");
      }
      WrittenFile written = write(channel, path, header, ordered, buffers, progress);
      channel.force(true);
      return written;
    } catch (IOException e) {
      throw new EnvironmentException(
          path.toString(), "cannot be written: " + e, "check the disk and its free space", e);
    }
  }

  private static WrittenFile write(
      FileChannel channel,
      Path path,
      SafetensorsHeader header,
      List<OutputTensor> tensors,
      WriteBuffers buffers,
      WriteProgress progress)
      throws IOException {
    long total = header.fileBytes();
    try (TensorOutput out =
        new TensorOutput(channel, buffers, done -> progress.written(done, total))) {
      out.write(MemorySegment.ofArray(header.toBytes()));
      for (OutputTensor tensor : tensors) {
        TensorInfo info = tensor.info();
        out.write(info.name(), info.byteSize(), tensor.content());
      }
      return out.finish(String.valueOf(path.getFileName()));
    }
  }
}
