package io.moetool.formats.checkpoint;

import io.moetool.formats.DType;
import io.moetool.formats.OutputTensor;
import io.moetool.formats.Shape;
import io.moetool.formats.TensorContent;
import io.moetool.formats.TensorInfo;
import io.moetool.formats.publish.WriteProgress;
import io.moetool.formats.safetensors.SafetensorsWriter;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Small tensors, and checkpoint folders put together by hand, right and wrong. */
final class Tensors {
  private Tensors() {}

  /** A U8 vector of {@code size} bytes, all of them {@code value}. */
  static OutputTensor filled(String name, int size, int value) {
    byte[] bytes = new byte[size];
    Arrays.fill(bytes, (byte) value);
    return of(name, bytes);
  }

  static OutputTensor of(String name, byte... bytes) {
    return new OutputTensor(
        new TensorInfo(name, DType.U8, Shape.of(bytes.length)),
        TensorContent.of(List.of(MemorySegment.ofArray(bytes))));
  }

  static Path file(Path path, String... names) {
    SafetensorsWriter.write(
        path,
        Arrays.stream(names).map(name -> filled(name, 4, name.hashCode())).toList(),
        SafetensorsWriter.CHECKPOINT_METADATA,
        WriteProgress.none());
    return path;
  }

  /** An index that says what is given, true or not: tensor, shard, tensor, shard, … */
  static void index(Path folder, String... tensorsAndShards) throws IOException {
    Map<String, String> weightMap = new LinkedHashMap<>();
    for (int i = 0; i < tensorsAndShards.length; i += 2) {
      weightMap.put(tensorsAndShards[i], tensorsAndShards[i + 1]);
    }
    Files.writeString(folder.resolve(CheckpointIndex.FILE), IndexText.of(0, weightMap));
  }
}
