package io.moetool.formats.checkpoint;

import io.moetool.formats.BadInputException;
import io.moetool.formats.EnvironmentException;
import io.moetool.formats.safetensors.Quoted;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Says what a folder holds instead of the weights that were looked for. */
final class MissingWeights {
  private static final int SHOWN = 10;

  private MissingWeights() {}

  static BadInputException ofShards(Path folder, List<String> missing, int all) {
    String shown = missing.stream().limit(SHOWN).map(Quoted::of).collect(Collectors.joining(", "));
    String more = missing.size() > SHOWN ? " and %d more".formatted(missing.size() - SHOWN) : "";
    return new BadInputException(
        folder.toString(),
        "%d of the %d files that its index names are missing: %s%s"
            .formatted(missing.size(), all, shown, more),
        "download the missing files");
  }

  static BadInputException in(Path folder) {
    List<String> names = names(folder);
    if (names.stream().anyMatch(name -> name.endsWith(".safetensors"))) {
      return new BadInputException(
          folder.toString(),
          "holds .safetensors files, but neither %s nor %s"
              .formatted(CheckpointOpening.SINGLE_FILE, CheckpointIndex.FILE),
          "download the index, or name the one file that is the model");
    }
    if (names.stream().anyMatch(name -> name.endsWith(".bin") || name.endsWith(".pth"))) {
      return new BadInputException(
          folder.toString(),
          "holds weights in PyTorch's pickle format only, which can run code when it is read",
          "convert them: load the model with transformers and save it with safe_serialization=True");
    }
    if (names.stream().anyMatch(name -> name.endsWith(".gguf"))) {
      return new BadInputException(
          folder.toString(), "holds GGUF weights only", "name the checkpoint they were made from");
    }
    return new BadInputException(
        folder.toString(),
        "holds no weights: neither %s nor %s"
            .formatted(CheckpointOpening.SINGLE_FILE, CheckpointIndex.FILE),
        "name a Hugging Face checkpoint folder");
  }

  private static List<String> names(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> String.valueOf(file.getFileName())).toList();
    } catch (IOException e) {
      throw new EnvironmentException(
          folder.toString(), "cannot be listed: " + e, "check its permissions", e);
    }
  }
}
