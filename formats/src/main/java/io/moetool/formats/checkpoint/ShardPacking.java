package io.moetool.formats.checkpoint;

import io.moetool.formats.OutputTensor;
import java.util.ArrayList;
import java.util.List;

/** Distributes tensors over files. */
public final class ShardPacking {
  private ShardPacking() {}

  /**
   * Fills one shard after the other in the order given, as other tools do. A tensor is never split;
   * one that is larger than {@code maxBytes} gets a shard of its own.
   *
   * @param maxBytes most bytes of tensors in a shard
   */
  public static List<List<OutputTensor>> greedy(List<OutputTensor> tensors, long maxBytes) {
    if (maxBytes < 1) {
      throw new IllegalArgumentException("shards of %d bytes".formatted(maxBytes));
    }
    List<List<OutputTensor>> shards = new ArrayList<>();
    List<OutputTensor> filling = new ArrayList<>();
    long room = maxBytes;
    for (OutputTensor tensor : tensors) {
      long bytes = tensor.info().byteSize();
      if (bytes > room && !filling.isEmpty()) {
        shards.add(List.copyOf(filling));
        filling.clear();
        room = maxBytes;
      }
      filling.add(tensor);
      room -= bytes;
    }
    if (!filling.isEmpty()) {
      shards.add(List.copyOf(filling));
    }
    return List.copyOf(shards);
  }
}
