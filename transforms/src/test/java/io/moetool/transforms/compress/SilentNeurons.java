package io.moetool.transforms.compress;

import io.moetool.formats.OutputTensor;
import io.moetool.formats.TensorContent;
import io.moetool.formats.TensorInfo;
import io.moetool.formats.family.TensorPlace;
import io.moetool.formats.family.TensorRole;
import io.moetool.formats.publish.WriteProgress;
import io.moetool.formats.safetensors.SafetensorsWriter;
import io.moetool.transforms.SourceModel;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * A copy of a checkpoint in which the last projections have zeros for some neurons. Says by hand
 * where neurons lie.
 */
final class SilentNeurons {
  private SilentNeurons() {}

  /** Neurons that are not kept add nothing. */
  static void write(SourceModel source, Map<Integer, int[][]> kept, Path folder)
      throws IOException {
    Files.createDirectories(folder);
    Files.copy(source.tensors().folder().resolve("config.json"), folder.resolve("config.json"));
    List<OutputTensor> outputs = new ArrayList<>();
    for (String name : source.tensors().names()) {
      TensorInfo info = source.tensors().info(name);
      byte[] bytes = source.tensors().view(name).bytes().toArray(ValueLayout.JAVA_BYTE);
      Optional<TensorPlace> place = source.architecture().names().place(name);
      if (place.isPresent() && !place.get().bias()) {
        silence(source, place.get(), info, kept, bytes);
      }
      outputs.add(new OutputTensor(info, TensorContent.of(List.of(MemorySegment.ofArray(bytes)))));
    }
    SafetensorsWriter.write(
        folder.resolve("model.safetensors"),
        outputs,
        SafetensorsWriter.CHECKPOINT_METADATA,
        WriteProgress.none());
  }

  private static void silence(
      SourceModel source,
      TensorPlace place,
      TensorInfo info,
      Map<Integer, int[][]> kept,
      byte[] bytes) {
    int element = info.dtype().bits() / 8;
    int hidden = source.architecture().hidden();
    int width = source.architecture().moe().expertWidth();
    if (place.role() == TensorRole.EXPERT_DOWN) {
      int[] stay =
          Objects.requireNonNull(kept.get(place.layer().getAsInt()))[place.expert().getAsInt()];
      zero(bytes, 0, hidden, width, false, stay, element);
    }
    if (place.role() == TensorRole.EXPERTS_DOWN) {
      int[][] stay = Objects.requireNonNull(kept.get(place.layer().getAsInt()));
      boolean transposed = source.architecture().moe().expert().stack().transposed();
      for (int expert = 0; expert < stay.length; expert++) {
        zero(
            bytes,
            expert * hidden * width * element,
            hidden,
            width,
            transposed,
            stay[expert],
            element);
      }
    }
  }

  private static void zero(
      byte[] bytes, int from, int hidden, int width, boolean byRow, int[] stay, int element) {
    for (int neuron = 0; neuron < width; neuron++) {
      if (Arrays.binarySearch(stay, neuron) < 0) {
        for (int output = 0; output < hidden; output++) {
          int at = byRow ? neuron * hidden + output : output * width + neuron;
          Arrays.fill(bytes, from + at * element, from + (at + 1) * element, (byte) 0);
        }
      }
    }
  }
}
