package io.moetool.formats.checkpoint;

import io.moetool.formats.BadInputException;
import io.moetool.formats.json.Json;
import io.moetool.formats.publish.WrittenFile;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import tools.jackson.databind.node.ObjectNode;

/**
 * {@code moetool-manifest.json}: what made an output, from what, by which plan, and the hash of
 * every file and tensor. Holds no time and no path outside the folder: the same work gives the same
 * bytes.
 *
 * @param formatVersion {@value #VERSION}
 * @param tool what wrote the output
 * @param source model the output was made from
 * @param plan what was done, as the step that did it describes it; empty if nothing was planned
 * @param files every other file of the folder by name
 * @param tensors every tensor by name
 */
public record Manifest(
    int formatVersion,
    Tool tool,
    Source source,
    ObjectNode plan,
    Map<String, FileEntry> files,
    Map<String, TensorEntry> tensors) {
  /** Its name in the folder. */
  public static final String FILE = "moetool-manifest.json";

  /** The layout this class reads and writes. */
  public static final int VERSION = 1;

  /**
   * What wrote an output.
   *
   * @param name program
   * @param version its version
   * @param java version of the Java runtime
   * @param os name of the operating system
   * @param arch name of the processor architecture
   */
  public record Tool(String name, String version, String java, String os, String arch) {
    /** This program, on this machine. */
    public static Tool current(String version) {
      return new Tool(
          "moetool",
          version,
          Runtime.version().toString(),
          System.getProperty("os.name"),
          System.getProperty("os.arch"));
    }
  }

  /**
   * A model that an output was made from.
   *
   * @param fingerprint see {@link Fingerprint}
   * @param modelType {@code model_type} of its config
   * @param assumedFamily family it was taken for because the user said so; empty if the model type
   *     is known
   */
  public record Source(String fingerprint, String modelType, Optional<String> assumedFamily) {}

  /**
   * A file of the output.
   *
   * @param bytes size
   * @param sha256 lower-case hex digest
   */
  public record FileEntry(long bytes, String sha256) {}

  /**
   * A tensor of the output.
   *
   * @param sha256 lower-case hex digest of its bytes
   * @param file name of the file it is in
   * @param sources names of the source's tensors it was made from; empty if it was made from none
   * @param identical whether its bytes are those of its one source
   */
  public record TensorEntry(String sha256, String file, List<String> sources, boolean identical) {
    public TensorEntry {
      sources = List.copyOf(sources);
      if (identical && sources.size() != 1) {
        throw new IllegalArgumentException("identical to %d tensors".formatted(sources.size()));
      }
    }
  }

  /**
   * Where a tensor comes from; see {@link TensorEntry}.
   *
   * @param sources names of the source's tensors
   * @param identical whether the bytes are those of the one source
   */
  public record Origin(List<String> sources, boolean identical) {
    public Origin {
      sources = List.copyOf(sources);
    }

    /** All bytes of the tensor {@code source}. */
    public static Origin copyOf(String source) {
      return new Origin(List.of(source), true);
    }

    /** Computed, or cut, from these tensors. */
    public static Origin madeFrom(List<String> sources) {
      return new Origin(sources, false);
    }
  }

  public Manifest {
    plan = plan.deepCopy();
    files = Collections.unmodifiableMap(new LinkedHashMap<>(files));
    tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
  }

  /** The manifest of files that have been written. */
  public static Manifest of(
      Tool tool,
      Source source,
      ObjectNode plan,
      List<WrittenFile> written,
      Function<String, Origin> originOf) {
    Map<String, FileEntry> files = new LinkedHashMap<>();
    Map<String, TensorEntry> tensors = new LinkedHashMap<>();
    for (WrittenFile file : written) {
      files.put(file.name(), new FileEntry(file.bytes(), file.sha256()));
      file.tensors()
          .forEach((name, sha256) -> {
            Origin origin = originOf.apply(name);
            tensors.put(
                name, new TensorEntry(sha256, file.name(), origin.sources(), origin.identical()));
          });
    }
    return new Manifest(VERSION, tool, source, plan, files, tensors);
  }

  /**
   * Reads a manifest.
   *
   * @throws BadInputException if it is missing, malformed or of another version
   */
  public static Manifest read(Path file) {
    Manifest manifest = Json.readStrict(file, Manifest.class);
    if (manifest.formatVersion != VERSION) {
      throw new BadInputException(
          file.toString(),
          "has format version %d, this moetool reads version %d"
              .formatted(manifest.formatVersion, VERSION),
          "use the version of moetool that wrote it");
    }
    return manifest;
  }

  /** Its text, ending in a line feed. */
  public String toJson() {
    return Json.write(this);
  }
}
