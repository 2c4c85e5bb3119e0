package io.moetool.formats.checkpoint;

import io.moetool.formats.BadInputException;
import io.moetool.formats.safetensors.SafetensorsFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;

/** Finds the files that hold a checkpoint's tensors and opens them, all or none. */
final class CheckpointOpening {
  static final String SINGLE_FILE = "model.safetensors";

  private static final String MEND = "name a checkpoint folder or a .safetensors file";

  private CheckpointOpening() {}

  static CheckpointStore open(Path model) {
    if (Files.isDirectory(model)) {
      return openFolder(new ModelFolder(model));
    }
    if (!Files.isRegularFile(model)) {
      throw new BadInputException(model.toString(), "no such file or folder", MEND);
    }
    if (!model.toString().endsWith(".safetensors")) {
      throw new BadInputException(
          model.toString(), "is neither a folder nor a .safetensors file", MEND);
    }
    return openFile(model);
  }

  private static CheckpointStore openFolder(ModelFolder folder) {
    String where = folder.path().toString();
    Optional<Path> indexFile = folder.file(where, CheckpointIndex.FILE);
    Optional<Path> single = folder.file(where, SINGLE_FILE);
    if (indexFile.isPresent()) {
      return openShards(folder, indexFile.get(), single.isPresent());
    }
    if (single.isPresent()) {
      return new CheckpointStore(folder.path(), mapped(folder, List.of(SINGLE_FILE)), List.of());
    }
    throw MissingWeights.in(folder.path());
  }

  private static CheckpointStore openShards(ModelFolder folder, Path indexFile, boolean single) {
    CheckpointIndex index = CheckpointIndex.read(indexFile);
    if (single && !index.weightMap().containsValue(SINGLE_FILE)) {
      throw new BadInputException(
          folder.path().toString(),
          "holds %s and an index that names other files: libraries differ in which they read"
              .formatted(SINGLE_FILE),
          "move what does not belong to this model out of the folder");
    }
    List<String> missing =
        index.shardNames().stream()
            .filter(name -> folder.file(indexFile.toString(), name).isEmpty())
            .toList();
    if (!missing.isEmpty()) {
      throw MissingWeights.ofShards(folder.path(), missing, index.shardNames().size());
    }
    SequencedMap<String, SafetensorsFile> shards = mapped(folder, index.shardNames());
    try {
      IndexCheck.require(indexFile, index, shards);
      return new CheckpointStore(folder.path(), shards, index.warnings());
    } catch (RuntimeException e) {
      shards.values().forEach(SafetensorsFile::close);
      throw e;
    }
  }

  /** A file named by the user may be a link to anywhere. */
  private static CheckpointStore openFile(Path file) {
    Path folder = file.toAbsolutePath().getParent();
    String name = String.valueOf(file.getFileName());
    if (folder == null) {
      throw new BadInputException(file.toString(), "is in no folder", MEND);
    }
    Path indexFile = folder.resolve(CheckpointIndex.FILE);
    if (Files.isRegularFile(indexFile)) {
      CheckpointIndex index = CheckpointIndex.read(indexFile);
      if (index.weightMap().containsValue(name) && index.shardNames().size() > 1) {
        throw new BadInputException(
            file.toString(),
            "is only one of %d shards of a checkpoint".formatted(index.shardNames().size()),
            "name the folder: " + folder);
      }
    }
    SequencedMap<String, SafetensorsFile> shards = new LinkedHashMap<>();
    shards.put(name, SafetensorsFile.open(file));
    return new CheckpointStore(folder, shards, List.of());
  }

  private static SequencedMap<String, SafetensorsFile> mapped(
      ModelFolder folder, Collection<String> names) {
    SequencedMap<String, SafetensorsFile> shards = new LinkedHashMap<>();
    try {
      for (String name : names) {
        shards.put(name, SafetensorsFile.open(folder.path().resolve(name)));
      }
      return shards;
    } catch (RuntimeException e) {
      shards.values().forEach(SafetensorsFile::close);
      throw e;
    }
  }
}
