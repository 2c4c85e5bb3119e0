package io.moetool.formats.checkpoint;

import io.moetool.formats.BadInputException;
import io.moetool.formats.EnvironmentException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Which files of a checkpoint belong to a model that is derived from it: tokenizer, generation
 * defaults, chat templates, preprocessors, the model's own Python code, and the licence. Not the
 * README, which describes the original, and nothing unknown.
 */
public final class CheckpointFiles {
  private static final String TEMPLATES = "additional_chat_templates";

  private static final Set<String> NAMES =
      Set.of(
          "added_tokens.json",
          "chat_template.jinja",
          "chat_template.json",
          "generation_config.json",
          "hf_quant_config.json",
          "merges.txt",
          "preprocessor_config.json",
          "processor_config.json",
          "quantize_config.json",
          "sentencepiece.bpe.model",
          "special_tokens_map.json",
          "spiece.model",
          "tekken.json",
          "tokenizer.json",
          "tokenizer.model",
          "tokenizer_config.json",
          "video_preprocessor_config.json",
          "vocab.json",
          "vocab.txt");

  private static final Pattern PATTERNS =
      Pattern.compile(
          "(?i)[^.].*\\.(py|tiktoken)|tiktoken\\.model|tokenizer\\.model\\.v\\d+.*|(licen[cs]e|notice)(\\W.*)?");

  private CheckpointFiles() {}

  /**
   * The files of {@code folder} to copy, sorted by name.
   *
   * @throws BadInputException if one is a link that leads out of the folder
   */
  public static List<CopiedFile> of(Path folder) {
    ModelFolder model = new ModelFolder(folder);
    List<String> names = new ArrayList<>();
    for (String name : list(folder)) {
      if (NAMES.contains(name) || PATTERNS.matcher(name).matches()) {
        names.add(name);
      }
    }
    if (Files.isDirectory(folder.resolve(TEMPLATES))) {
      for (String name : list(folder.resolve(TEMPLATES))) {
        if (name.toLowerCase(Locale.ROOT).endsWith(".jinja")) {
          names.add(TEMPLATES + "/" + name);
        }
      }
    }
    return names.stream()
        .sorted()
        .map(name -> model.file(folder.toString(), name).map(file -> new CopiedFile(name, file)))
        .flatMap(Optional::stream)
        .toList();
  }

  private static List<String> list(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> String.valueOf(file.getFileName())).toList();
    } catch (IOException e) {
      throw new EnvironmentException(
          folder.toString(), "cannot be listed: " + e, "check its permissions", e);
    }
  }
}
