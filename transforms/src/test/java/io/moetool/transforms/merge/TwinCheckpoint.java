package io.moetool.transforms.merge;

import io.moetool.formats.OutputTensor;
import io.moetool.formats.Shape;
import io.moetool.formats.TensorContent;
import io.moetool.formats.TensorInfo;
import io.moetool.formats.TensorView;
import io.moetool.formats.family.RoutedExpert;
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
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * A copy of a checkpoint in which expert 1 of every layer is expert 0 with its neurons in another
 * order, hidden by lot. Says by hand where neurons lie, so that it proves what the product says.
 */
final class TwinCheckpoint {
  private final SourceModel source;
  private final RoutedExpert expert;

  private TwinCheckpoint(SourceModel source) {
    this.source = source;
    this.expert = source.architecture().moe().expert();
  }

  static void write(SourceModel source, Path folder) throws IOException {
    Files.createDirectories(folder);
    Files.copy(source.tensors().folder().resolve("config.json"), folder.resolve("config.json"));
    TwinCheckpoint twins = new TwinCheckpoint(source);
    List<OutputTensor> outputs = new ArrayList<>();
    for (String name : source.tensors().names()) {
      byte[] bytes = twins.bytes(name);
      outputs.add(
          new OutputTensor(
              source.tensors().info(name),
              TensorContent.of(List.of(MemorySegment.ofArray(bytes)))));
    }
    SafetensorsWriter.write(
        folder.resolve("model.safetensors"),
        outputs,
        SafetensorsWriter.CHECKPOINT_METADATA,
        WriteProgress.none());
  }

  /** Neuron i of expert 1 is this one of expert 0. */
  static int[] order(int layer, int width) {
    SplittableRandom random = new SplittableRandom(layer);
    int[] order = new int[width];
    for (int i = 0; i < width; i++) {
      int other = random.nextInt(i + 1);
      order[i] = order[other];
      order[other] = i;
    }
    return order;
  }

  private byte[] bytes(String name) {
    TensorView view = source.tensors().view(name);
    byte[] bytes = view.bytes().toArray(ValueLayout.JAVA_BYTE);
    Optional<TensorPlace> place = source.architecture().names().place(name);
    if (place.isEmpty() || place.get().role().group() != TensorRole.Group.ROUTED_EXPERTS) {
      return bytes;
    }
    TensorPlace found = place.get();
    int layer = found.layer().getAsInt();
    if (found.role().isOfAllExperts()) {
      int size = bytes.length / source.architecture().moe().experts();
      byte[] twin =
          permuted(
              Arrays.copyOf(bytes, size), inner(view.info()), found.role(), found.bias(), layer);
      System.arraycopy(twin, 0, bytes, size, size);
      return bytes;
    }
    if (found.expert().getAsInt() != 1) {
      return bytes;
    }
    String first = source.architecture().names().weight(found.role(), layer, 0);
    return permuted(
        source.tensors().view(first).bytes().toArray(ValueLayout.JAVA_BYTE),
        view.info(),
        found.role(),
        found.bias(),
        layer);
  }

  private static TensorInfo inner(TensorInfo info) {
    return info.withShape(new Shape(info.shape().dims().subList(1, info.shape().rank())));
  }

  private byte[] permuted(
      byte[] original, TensorInfo info, TensorRole role, boolean bias, int layer) {
    int width = expert.width();
    int[] order = order(layer, width);
    int rows = (int) info.shape().dim(0);
    int columns = (int) (info.shape().elements() / rows);
    boolean first = role != TensorRole.EXPERT_DOWN && role != TensorRole.EXPERTS_DOWN;
    if (bias && !first) {
      return original;
    }
    boolean stacked = role.isOfAllExperts();
    boolean transposed = stacked && expert.stack().transposed() && !bias;
    boolean alongRows = first != transposed;
    int element = info.dtype().bits() / 8;
    byte[] result = original.clone();
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < columns; column++) {
        int place = alongRows ? row : column;
        int from =
            !first || !stacked
                ? order[place]
                : expert.stack().interleaved()
                    ? 2 * order[place / 2] + place % 2
                    : place < width ? order[place] : width + order[place - width];
        int source = alongRows ? from * columns + column : row * columns + from;
        System.arraycopy(
            original, source * element, result, (row * columns + column) * element, element);
      }
    }
    return result;
  }
}
