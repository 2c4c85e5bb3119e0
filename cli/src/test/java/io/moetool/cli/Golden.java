package io.moetool.cli;

import io.moetool.formats.json.Json;
import io.moetool.formats.safetensors.SafetensorsFile;
import io.moetool.formats.safetensors.StoredTensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/** Tiny checkpoints with random weights, and what the reference library computes from them. */
final class Golden {
  private static final Path FOLDER = Path.of("../runtime/src/test/resources/golden");

  private Golden() {}

  /** A checkpoint folder; not to be written to. */
  static Path model(String name) {
    return FOLDER.resolve(name);
  }

  /** Mean loss of the reference library on {@link #data}, nats per predicted token. */
  static double meanNll(String name) {
    return expected(name).get("meanNll").doubleValue();
  }

  /** Writes the sequences it was measured on as rows of token ids, in two domains by turns. */
  static Path data(String name, Path folder) {
    StringBuilder rows = new StringBuilder();
    int row = 0;
    for (JsonNode sequence : expected(name).get("sequences")) {
      rows.append(
          "{\"domain\": \"%s\", \"tokens\": %s}%n"
              .formatted(row++ % 2 == 0 ? "even" : "odd", sequence.get("tokens")));
    }
    return write(folder.resolve(name + ".jsonl"), rows.toString());
  }

  /** Copies a checkpoint, to be spoiled. */
  static Path copy(String name, Path folder) {
    try (Stream<Path> files = Files.list(model(name))) {
      Path target = Files.createDirectories(folder.resolve(name));
      for (Path file :
          files.filter(f -> !f.getFileName().toString().startsWith("expected")).toList()) {
        Files.copy(file, target.resolve(file.getFileName()));
      }
      return target;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A copy in which the elements of a float32 tensor are larger by a factor. */
  static Path withLargerTensor(String name, String tensor, float factor, Path folder) {
    Path model = copy(name, folder);
    Path weights =
        list(model).stream()
            .filter(file -> file.endsWith(".safetensors"))
            .map(model::resolve)
            .filter(file -> place(file, tensor).isPresent())
            .findFirst()
            .orElseThrow();
    StoredTensor stored = place(weights, tensor).orElseThrow();
    int elements = Math.toIntExact(stored.info().shape().elements());
    long place = dataStart(weights) + stored.begin();
    try (FileChannel channel =
        FileChannel.open(weights, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      ByteBuffer bytes = ByteBuffer.allocate(elements * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
      channel.read(bytes, place);
      for (int i = 0; i < elements; i++) {
        bytes.putFloat(i * Float.BYTES, factor * bytes.getFloat(i * Float.BYTES));
      }
      channel.write(bytes.rewind(), place);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return model;
  }

  private static Optional<StoredTensor> place(Path weights, String tensor) {
    try (SafetensorsFile file = SafetensorsFile.open(weights)) {
      return Optional.ofNullable(file.header().tensors().get(tensor));
    }
  }

  private static long dataStart(Path weights) {
    try (SafetensorsFile file = SafetensorsFile.open(weights)) {
      return file.header().dataStart();
    }
  }

  /** Replaces a text in a file, where it must occur. */
  static void edit(Path file, String from, String to) {
    try {
      String text = Files.readString(file);
      if (!text.contains(from)) {
        throw new IllegalArgumentException(file + " does not contain " + from);
      }
      Files.writeString(file, text.replace(from, to));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Path write(Path file, String text) {
    try {
      return Files.writeString(file, text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Names in a folder, also hidden ones. */
  static List<String> list(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(f -> f.getFileName().toString()).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static JsonNode expected(String name) {
    return Json.readObject(model(name).resolve("expected.json"));
  }
}
