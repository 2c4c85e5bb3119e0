package io.moetool.formats.family;

import io.moetool.formats.BadInputException;
import io.moetool.formats.TensorStore;
import io.moetool.formats.json.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The families that come with moetool: every JSON file in the resource folder {@code families}. */
public final class FamilyCatalog {
  private final List<Family> families;

  /** The family of models whose type is not known. */
  private final Optional<Family> assumed;

  private FamilyCatalog(List<Family> families, Optional<Family> assumed) {
    this.families = families;
    this.assumed = assumed;
  }

  /** The built-in families, by identifier. */
  public static FamilyCatalog builtIn() {
    URL folder = FamilyCatalog.class.getResource("families");
    if (folder == null) {
      throw new IllegalStateException("the family data files are missing from the class path");
    }
    try {
      URI uri = folder.toURI();
      if (!uri.getScheme().equals("jar")) {
        return new FamilyCatalog(read(Path.of(uri)), Optional.empty());
      }
      try (FileSystem jar = FileSystems.newFileSystem(uri, Map.of())) {
        return new FamilyCatalog(read(jar.provider().getPath(uri)), Optional.empty());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /** All families, by identifier. */
  public List<Family> families() {
    return families;
  }

  /**
   * A family by one of the model types that mean it.
   *
   * @return empty if none is known by that name
   */
  public Optional<Family> ofModelType(String modelType) {
    return families.stream().filter(family -> family.modelTypes().contains(modelType)).findFirst();
  }

  /**
   * These families, and one that a user answers for: models of a type that is not known are taken
   * to be of it. Models of a known type must be of it, too.
   */
  public FamilyCatalog assuming(Family family) {
    return new FamilyCatalog(families, Optional.of(family));
  }

  /**
   * The family of a config, filled in with its numbers; tensors are named as the family's files
   * usually name them.
   *
   * @throws BadInputException if no family knows the model type, or the config contradicts itself
   */
  public Architecture resolve(ModelConfig config) {
    return resolve(config, Set.of());
  }

  /**
   * The family of a config, filled in with its numbers and with the names a checkpoint stores.
   *
   * @throws BadInputException if no family knows the model type, or the config contradicts itself
   */
  public Architecture resolve(ModelConfig config, TensorStore tensors) {
    return resolve(config, tensors.names());
  }

  /**
   * The family of a config, filled in with its numbers and with the names a checkpoint stores.
   *
   * @param stored names of its tensors; where they do not decide, what is usual counts
   * @throws BadInputException if no family knows the model type, or the config contradicts itself
   */
  public Architecture resolve(ModelConfig config, Set<String> stored) {
    Optional<Family> known = ofModelType(config.modelType());
    if (known.isPresent() && assumed.isPresent() && known.get() != assumed.get()) {
      throw new BadInputException(
          config.where(),
          "model type '%s' is of the family %s, not of %s"
              .formatted(config.modelType(), known.get().id(), assumed.get().id()),
          "only a model type that is not known can be taken for another: leave out --family");
    }
    return known
        .or(() -> assumed)
        .orElseThrow(() -> unknown(config, stored))
        .resolve(config, stored);
  }

  /** Refuses a model type; where its tensors look familiar, says which families they look like. */
  private BadInputException unknown(ModelConfig config, Set<String> stored) {
    String known =
        "known: "
            + families.stream()
                .flatMap(family -> family.modelTypes().stream())
                .collect(Collectors.joining(", "));
    String problem = "model type '%s' is not known".formatted(config.modelType());
    Optional<LikelyFamilies> likely = LikelyFamilies.of(families, config, stored);
    return likely
        .map(found ->
            new BadInputException(
                config.where(),
                "%s, but %s".formatted(problem, found.text()),
                "if it computes what one of them does, name that one with --family; " + known))
        .orElseGet(() -> new BadInputException(config.where(), problem, known));
  }

  private static List<Family> read(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> file.toString().endsWith(".json"))
          .sorted()
          .map(FamilyCatalog::readOne)
          .toList();
    }
  }

  private static Family readOne(Path file) {
    try {
      return new Family(Json.readObject(file.toString(), Files.readString(file)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
