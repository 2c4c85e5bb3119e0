package io.moetool.formats.checkpoint;

import io.moetool.formats.EnvironmentException;
import io.moetool.formats.OutputTensor;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Everything that an output folder will hold, apart from index and manifest, which follow from it.
 *
 * @param shards tensors of each weights file in the order they are to be written; empty shards are
 *     left out
 * @param configJson text of {@code config.json}
 * @param modelCard text of {@code README.md}
 * @param files copied byte for byte
 */
public record CheckpointContent(
    List<List<OutputTensor>> shards, String configJson, String modelCard, List<CopiedFile> files) {
  static final String CONFIG_FILE = "config.json";

  /** Room for a tensor's lines in index and manifest, generously. */
  private static final long BYTES_PER_TENSOR = 1024;

  public CheckpointContent {
    shards = shards.stream().filter(shard -> !shard.isEmpty()).map(List::copyOf).toList();
    files = List.copyOf(files);
    if (shards.isEmpty()) {
      throw new IllegalArgumentException("a checkpoint needs a tensor");
    }
    requireUniqueTensors(shards);
    requireUsableNames(files);
  }

  /** Bytes of all tensors, without headers. */
  public long tensorBytes() {
    return shards.stream()
        .flatMap(List::stream)
        .mapToLong(tensor -> tensor.info().byteSize())
        .reduce(0, Math::addExact);
  }

  /** Bytes of all weights files. */
  public long weightBytes() {
    return ShardLayout.of(shards).stream()
        .mapToLong(ShardLayout::fileBytes)
        .reduce(0, Math::addExact);
  }

  /** Disk space the folder needs; index and manifest are estimated from above. */
  public long diskBytes() {
    long bytes = Math.addExact(weightBytes(), utf8Bytes(configJson) + utf8Bytes(modelCard));
    for (CopiedFile file : files) {
      bytes = Math.addExact(bytes, size(file));
    }
    long tensors = shards.stream().mapToLong(List::size).sum();
    return Math.addExact(bytes, (tensors + 100) * BYTES_PER_TENSOR);
  }

  private static long utf8Bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }

  private static long size(CopiedFile file) {
    try {
      return Files.size(file.source());
    } catch (IOException e) {
      throw new EnvironmentException(
          file.source().toString(),
          "cannot be read: " + e,
          "check the path and its permissions",
          e);
    }
  }

  private static void requireUniqueTensors(List<List<OutputTensor>> shards) {
    Set<String> names = new HashSet<>();
    for (List<OutputTensor> shard : shards) {
      for (OutputTensor tensor : shard) {
        if (!names.add(tensor.info().name())) {
          throw new IllegalArgumentException("tensor " + tensor.info().name() + " is given twice");
        }
      }
    }
  }

  private static void requireUsableNames(List<CopiedFile> files) {
    Set<String> names =
        new HashSet<>(
            Set.of(CONFIG_FILE, FrontMatter.MODEL_CARD, CheckpointIndex.FILE, Manifest.FILE));
    for (CopiedFile file : files) {
      if (!names.add(file.name()) || file.name().endsWith(".safetensors")) {
        throw new IllegalArgumentException(file.name() + " is written already");
      }
    }
  }
}
