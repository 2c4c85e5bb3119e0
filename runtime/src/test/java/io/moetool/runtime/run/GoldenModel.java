package io.moetool.runtime.run;

import io.moetool.formats.checkpoint.CheckpointStore;
import io.moetool.formats.family.Architecture;
import io.moetool.formats.family.FamilyCatalog;
import io.moetool.formats.family.ModelConfig;
import io.moetool.formats.json.Json;
import io.moetool.formats.safetensors.SafetensorsFile;
import io.moetool.runtime.text.SequenceData;
import io.moetool.runtime.text.TokenSequence;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/** A tiny checkpoint with the numbers that the reference library computes for it. */
final class GoldenModel implements AutoCloseable {
  private static final Path FOLDER = Path.of("src/test/resources/golden");

  private final CheckpointStore store;
  private final Architecture architecture;
  private final JsonNode expected;
  private final Path folder;

  private GoldenModel(Path folder) {
    this.folder = folder;
    store = CheckpointStore.open(folder);
    architecture = FamilyCatalog.builtIn().resolve(ModelConfig.read(store.configFile()), store);
    expected = Json.readObject(folder.resolve("expected.json"));
  }

  static Stream<String> names() throws java.io.IOException {
    try (Stream<Path> folders = Files.list(FOLDER)) {
      return folders
          .filter(folder -> Files.exists(folder.resolve("expected.safetensors")))
          .map(folder -> folder.getFileName().toString())
          .sorted()
          .toList()
          .stream();
    }
  }

  static GoldenModel open(String name) {
    return new GoldenModel(FOLDER.resolve(name));
  }

  CheckpointStore store() {
    return store;
  }

  Architecture architecture() {
    return architecture;
  }

  SafetensorsFile arrays() {
    return SafetensorsFile.open(folder.resolve("expected.safetensors"));
  }

  SequenceData data() {
    List<TokenSequence> sequences = new ArrayList<>();
    for (JsonNode sequence : expected.get("sequences")) {
      int[] tokens = new int[sequence.get("tokens").size()];
      for (int i = 0; i < tokens.length; i++) {
        tokens[i] = sequence.get("tokens").get(i).intValue();
      }
      sequences.add(new TokenSequence("all", tokens));
    }
    return new SequenceData(sequences);
  }

  double meanNll() {
    return expected.get("meanNll").doubleValue();
  }

  double meanNll(int sequence) {
    return expected.get("sequences").get(sequence).get("meanNll").doubleValue();
  }

  @Override
  public void close() {
    store.close();
  }
}
