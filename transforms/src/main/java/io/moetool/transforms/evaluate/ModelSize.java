package io.moetool.transforms.evaluate;

import io.moetool.analyzers.inspect.Inspection;
import io.moetool.analyzers.inspect.Inspector;
import io.moetool.formats.EnvironmentException;
import io.moetool.formats.TensorStore;
import io.moetool.formats.family.Architecture;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * How much a model holds.
 *
 * @param bytes bytes of a checkpoint's tensors; of an ONNX model, of its file and the files beside
 *     it whose names begin with its name ({@code model.onnx.data}, {@code model.onnx_data})
 * @param parameters elements of all weights; empty for an ONNX model, or one that only an ONNX
 *     model could hold
 * @param activeParameters those that work on any one token; empty where {@code parameters} is
 */
public record ModelSize(long bytes, Optional<Long> parameters, Optional<Long> activeParameters) {
  static ModelSize of(Architecture architecture, TensorStore store) {
    Inspection inspection = new Inspector(architecture, store).inspect("", List.of());
    return new ModelSize(
        inspection.bytes(),
        Optional.of(inspection.parameters()),
        Optional.of(inspection.activeParameters()));
  }

  static ModelSize ofOnnx(Path file) {
    Path folder = Objects.requireNonNull(file.toAbsolutePath().getParent());
    String name = Objects.requireNonNull(file.getFileName()).toString();
    try (Stream<Path> files = Files.list(folder)) {
      long bytes =
          files
              .filter(beside -> String.valueOf(beside.getFileName()).startsWith(name))
              .mapToLong(ModelSize::length)
              .sum();
      return new ModelSize(bytes, Optional.empty(), Optional.empty());
    } catch (IOException | UncheckedIOException e) {
      throw new EnvironmentException(
          folder.toString(), "cannot be listed: " + e.getMessage(), "check its permissions", e);
    }
  }

  private static long length(Path file) {
    try {
      return Files.size(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
