package io.moetool.formats.checkpoint;

import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/** The file names that other tools give to weights. */
final class ShardNames {
  private ShardNames() {}

  static List<String> of(int count) {
    if (count == 1) {
      return List.of(CheckpointOpening.SINGLE_FILE);
    }
    return IntStream.rangeClosed(1, count)
        .mapToObj(i -> String.format(Locale.ROOT, "model-%05d-of-%05d.safetensors", i, count))
        .toList();
  }
}
