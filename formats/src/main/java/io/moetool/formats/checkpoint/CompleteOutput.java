package io.moetool.formats.checkpoint;

import io.moetool.formats.BadInputException;
import io.moetool.formats.publish.WrittenFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Recognises an output that an ended run had completed after all: killed between the rename that
 * made it appear and its own end.
 */
final class CompleteOutput {
  private CompleteOutput() {}

  /**
   * The files of {@code out} as its manifest names them, if it is what the work would give.
   *
   * @param manifest that the output would have, apart from files and tensors
   */
  static Optional<List<WrittenFile>> of(Path out, Manifest manifest, List<ShardLayout> shards) {
    Path file = out.resolve(Manifest.FILE);
    if (!Files.isRegularFile(file)) {
      return Optional.empty();
    }
    Manifest found;
    try {
      found = Manifest.read(file);
    } catch (BadInputException e) {
      return Optional.empty();
    }
    boolean same =
        found.tool().version().equals(manifest.tool().version())
            && found.source().equals(manifest.source())
            // As text: a number that was read can be of another class than the one written.
            && found.plan().toString().equals(manifest.plan().toString())
            && shards.stream().allMatch(shard -> holds(found, shard));
    return same ? Optional.of(files(found)) : Optional.empty();
  }

  private static boolean holds(Manifest manifest, ShardLayout shard) {
    Manifest.FileEntry entry = manifest.files().get(shard.name());
    return entry != null
        && entry.bytes() == shard.fileBytes()
        && shard.tensorNames().stream()
            .allMatch(name -> {
              Manifest.TensorEntry tensor = manifest.tensors().get(name);
              return tensor != null && tensor.file().equals(shard.name());
            });
  }

  private static List<WrittenFile> files(Manifest manifest) {
    Map<String, Map<String, String>> tensors = new LinkedHashMap<>();
    manifest
        .tensors()
        .forEach((name, entry) ->
            tensors
                .computeIfAbsent(entry.file(), file -> new LinkedHashMap<>())
                .put(name, entry.sha256()));
    List<WrittenFile> files = new ArrayList<>();
    manifest
        .files()
        .forEach((name, entry) ->
            files.add(
                new WrittenFile(
                    name, entry.bytes(), entry.sha256(), tensors.getOrDefault(name, Map.of()))));
    return files;
  }
}
