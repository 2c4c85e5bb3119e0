package io.moetool.transforms;

import io.moetool.formats.family.FamilyCatalog;
import io.moetool.formats.json.Json;
import io.moetool.formats.quantisation.Unquantised;
import io.moetool.kernels.FloatMatrix;
import io.moetool.runtime.ort.Device;
import io.moetool.runtime.ort.OrtEngine;
import io.moetool.runtime.run.CheckpointModel;
import io.moetool.runtime.run.ExpertMask;
import io.moetool.runtime.run.Logits;
import io.moetool.runtime.run.Predictions;
import io.moetool.runtime.run.RunProgress;
import io.moetool.runtime.run.WorkPool;
import io.moetool.runtime.text.SequenceData;
import io.moetool.runtime.text.TokenSequence;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/** A tiny checkpoint with the sequences it was run on elsewhere. */
public record GoldenModel(String name) {
  /** Where they are. */
  public static final Path FOLDER = Path.of("../runtime/src/test/resources/golden");

  /** The one whose encoder reads a source; it is not among the names. */
  public static final String ENCODER_DECODER = "switch-transformers";

  private static final Path WITH_ENCODER = Path.of("../runtime/src/test/resources/encoder");

  private static final FamilyCatalog FAMILIES = FamilyCatalog.builtIn();
  private static final OrtEngine ENGINE = OrtEngine.open(Device.CPU);

  /** Names of all, sorted. */
  public static Stream<String> names() throws IOException {
    try (Stream<Path> models = Files.list(FOLDER)) {
      return models
          .filter(model -> Files.exists(model.resolve("config.json")))
          .map(model -> model.getFileName().toString())
          .sorted()
          .toList()
          .stream();
    }
  }

  /** Names of those whose weights are stored as numbers, sorted. */
  public static Stream<String> plain() throws IOException {
    return names().filter(name -> new GoldenModel(name).isPlain());
  }

  private boolean isPlain() {
    try (SourceModel source = open()) {
      return source.architecture().names().quantisation() instanceof Unquantised;
    }
  }

  public Path folder() {
    return (name.equals(ENCODER_DECODER) ? WITH_ENCODER : FOLDER).resolve(name);
  }

  public SourceModel open() {
    return SourceModel.open(folder(), FAMILIES);
  }

  /** Logits of all sequences, token after token, of a checkpoint made from this. */
  public List<float[]> logits(Path folder) {
    try (SourceModel source = SourceModel.open(folder, FAMILIES)) {
      return logits(source);
    }
  }

  /** Logits of all sequences, token after token, of this or of a checkpoint made from it. */
  public List<float[]> logits(SourceModel source) {
    return logits(source, ExpertMask.NONE);
  }

  /** Logits of all sequences, token after token, of this or of a checkpoint made from it. */
  public List<float[]> logits(SourceModel source, ExpertMask mask) {
    SequenceData data = sequences();
    try (WorkPool pool = new WorkPool(2)) {
      CheckpointModel model =
          new CheckpointModel(source.tensors(), source.architecture(), ENGINE, pool, mask);
      List<float[]> logits = new ArrayList<>();
      try (Predictions predictions = model.predict(data, RunProgress.NONE)) {
        for (int i = 0; i < data.sequences().size(); i++) {
          try (Logits output = predictions.logits(i)) {
            FloatMatrix rows = output.rows(0, data.sequences().get(i).length());
            logits.add(rows.segment().toArray(ValueLayout.JAVA_FLOAT));
          }
        }
      }
      return logits;
    }
  }

  /** What the reference library said about it. */
  public JsonNode expected() {
    return Json.readObject(folder().resolve("expected.json"));
  }

  /** What it was run on. */
  public SequenceData sequences() {
    return new SequenceData(
        expected()
            .get("sequences")
            .valueStream()
            .map(sequence -> sequence.has("source") ? withSource(sequence) : text(sequence))
            .toList());
  }

  private static TokenSequence text(JsonNode sequence) {
    return new TokenSequence("all", ids(sequence.get("tokens")).toArray());
  }

  /** Its decoder begins with token 0. */
  private static TokenSequence withSource(JsonNode sequence) {
    return new TokenSequence(
        "all",
        ids(sequence.get("source")).toArray(),
        IntStream.concat(IntStream.of(0), ids(sequence.get("target"))).toArray());
  }

  private static IntStream ids(JsonNode array) {
    return array.valueStream().mapToInt(JsonNode::intValue);
  }
}
