package io.moetool.formats.checkpoint;

import io.moetool.formats.EnvironmentException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SequencedSet;
import java.util.stream.Stream;

/**
 * A model folder without weights: its config, and the index of its shards if that was downloaded
 * too.
 *
 * @param configFile {@code config.json}
 * @param index the index file, if there is one
 * @param names tensors that the index lists; empty without an index
 * @param totalSize bytes of all tensors that the index states
 */
public record ModelOutline(
    Path configFile, Optional<Path> index, SequencedSet<String> names, OptionalLong totalSize) {
  private static final List<String> WEIGHTS = List.of(".safetensors", ".bin", ".pth", ".gguf");

  public ModelOutline {
    names = Collections.unmodifiableSequencedSet(new LinkedHashSet<>(names));
  }

  /**
   * The outline of a model.
   *
   * @param model folder that a user named
   * @return empty if it is no folder, has no config, or holds any weights
   * @throws io.moetool.formats.BadInputException if the index is malformed
   */
  public static Optional<ModelOutline> of(Path model) {
    Path config = model.resolve("config.json");
    if (!Files.isDirectory(model) || !Files.isRegularFile(config) || hasWeights(model)) {
      return Optional.empty();
    }
    Path file = model.resolve(CheckpointIndex.FILE);
    if (!Files.isRegularFile(file)) {
      return Optional.of(
          new ModelOutline(config, Optional.empty(), new LinkedHashSet<>(), OptionalLong.empty()));
    }
    CheckpointIndex index = CheckpointIndex.read(file);
    return Optional.of(
        new ModelOutline(
            config,
            Optional.of(file),
            new LinkedHashSet<>(index.weightMap().keySet()),
            index.totalSize()));
  }

  private static boolean hasWeights(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .map(file -> String.valueOf(file.getFileName()))
          .anyMatch(name -> WEIGHTS.stream().anyMatch(name::endsWith));
    } catch (IOException e) {
      throw new EnvironmentException(
          folder.toString(), "cannot be listed: " + e, "check its permissions", e);
    }
  }
}
