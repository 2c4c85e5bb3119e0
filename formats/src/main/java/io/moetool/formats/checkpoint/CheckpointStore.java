package io.moetool.formats.checkpoint;

import io.moetool.formats.BadInputException;
import io.moetool.formats.EnvironmentException;
import io.moetool.formats.TensorInfo;
import io.moetool.formats.TensorView;
import io.moetool.formats.safetensors.Quoted;
import io.moetool.formats.safetensors.SafetensorsFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.SequencedSet;
import java.util.Set;

/**
 * The tensors of a Hugging Face checkpoint, however many files they are in. Opening reads and
 * checks all headers; tensors are read from the disk when their bytes are looked at. May be used by
 * several threads.
 */
public final class CheckpointStore implements ModelStore {
  private static final Set<String> FRAMEWORKS = Set.of("pt", "tf", "flax", "mlx");

  private final Path folder;
  private final SequencedMap<String, SafetensorsFile> shards;
  private final SequencedMap<String, SafetensorsFile> shardOf;
  private final List<String> warnings;

  CheckpointStore(
      Path folder, SequencedMap<String, SafetensorsFile> shards, List<String> indexWarnings) {
    this.folder = folder;
    this.shards = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(shards));
    this.shardOf = new LinkedHashMap<>();
    List<String> collected = new ArrayList<>(indexWarnings);
    shards.forEach((name, shard) -> {
      shard.names().forEach(tensor -> shardOf.put(tensor, shard));
      shard.header().warnings().forEach(warning -> collected.add(name + ": " + warning));
      Map<String, String> metadata = shard.header().metadata();
      if (!metadata.isEmpty() && !FRAMEWORKS.contains(metadata.getOrDefault("format", ""))) {
        collected.add(name + ": its metadata name no format; transformers 4 refuses such a file");
      }
    });
    this.warnings = List.copyOf(collected);
  }

  /**
   * Opens a checkpoint.
   *
   * @param model a folder with {@code model.safetensors}, or with shards and their index; or one
   *     {@code .safetensors} file
   * @throws BadInputException if there is no checkpoint, it is incomplete, or its index and shards
   *     disagree
   * @throws EnvironmentException if a file cannot be read
   */
  public static CheckpointStore open(Path model) {
    return CheckpointOpening.open(model);
  }

  @Override
  public Path folder() {
    return folder;
  }

  /** Where the model's {@code config.json} belongs; not looked at here. */
  public Path configFile() {
    return folder.resolve("config.json");
  }

  /** The files that hold the tensors, by file name, sorted by it. */
  public SequencedMap<String, SafetensorsFile> shards() {
    return shards;
  }

  @Override
  public List<Path> files() {
    return shards.values().stream().map(SafetensorsFile::path).toList();
  }

  @Override
  public List<SafetensorsFile> parts() {
    return List.copyOf(shards.values());
  }

  @Override
  public long tensorBytes() {
    return shards.values().stream().mapToLong(shard -> shard.header().dataBytes()).sum();
  }

  @Override
  public List<String> warnings() {
    return warnings;
  }

  @Override
  public SequencedSet<String> names() {
    return Collections.unmodifiableSequencedSet(shardOf.sequencedKeySet());
  }

  @Override
  public boolean contains(String name) {
    return shardOf.containsKey(name);
  }

  @Override
  public TensorInfo info(String name) {
    return shard(name).info(name);
  }

  @Override
  public TensorView view(String name) {
    return shard(name).view(name);
  }

  @Override
  public String location(String name) {
    return shard(name).location(name);
  }

  @Override
  public void close() {
    shards.values().forEach(SafetensorsFile::close);
  }

  private SafetensorsFile shard(String name) {
    SafetensorsFile shard = shardOf.get(name);
    if (shard == null) {
      throw new BadInputException(
          folder.toString(),
          "there is no tensor " + Quoted.of(name),
          "check that the weights belong to the config.json beside them");
    }
    return shard;
  }
}
