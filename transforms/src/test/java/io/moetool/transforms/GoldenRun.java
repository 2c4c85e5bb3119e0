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
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/** Runs the golden checkpoints, and what is made of them, over their golden sequences. */
public final class GoldenRun {
  private static final FamilyCatalog FAMILIES = FamilyCatalog.builtIn();
  private static final OrtEngine ENGINE = OrtEngine.open(Device.CPU);

  private GoldenRun() {}

  /** Names of all checkpoints whose weights are stored as numbers, sorted. */
  public static Stream<String> plainCheckpoints(Path golden) throws IOException {
    try (Stream<Path> models = Files.list(golden)) {
      return models
          .filter(model -> Files.exists(model.resolve("config.json")))
          .filter(GoldenRun::isPlain)
          .map(model -> model.getFileName().toString())
          .sorted()
          .toList()
          .stream();
    }
  }

  private static boolean isPlain(Path model) {
    try (SourceModel source = SourceModel.open(model, FAMILIES)) {
      return source.architecture().names().quantisation() instanceof Unquantised;
    }
  }

  /** The golden sequences of a checkpoint. */
  public static SequenceData sequences(Path model) {
    List<TokenSequence> sequences = new ArrayList<>();
    for (JsonNode sequence : Json.readObject(model.resolve("expected.json")).get("sequences")) {
      sequences.add(
          new TokenSequence(
              "test", sequence.get("tokens").valueStream().mapToInt(JsonNode::intValue).toArray()));
    }
    return new SequenceData(sequences);
  }

  /** Logits of every sequence, token after token. */
  public static List<float[]> logits(Path model, SequenceData data) {
    try (SourceModel source = SourceModel.open(model, FAMILIES)) {
      return logits(source, data);
    }
  }

  /** Logits of every sequence, token after token. */
  public static List<float[]> logits(SourceModel source, SequenceData data) {
    try (WorkPool pool = new WorkPool(2)) {
      CheckpointModel model =
          new CheckpointModel(
              source.tensors(), source.architecture(), ENGINE, pool, ExpertMask.NONE);
      List<float[]> all = new ArrayList<>();
      try (Predictions predictions = model.predict(data, RunProgress.NONE)) {
        for (int i = 0; i < data.sequences().size(); i++) {
          try (Logits logits = predictions.logits(i)) {
            FloatMatrix rows = logits.rows(0, data.sequences().get(i).length());
            all.add(rows.segment().toArray(ValueLayout.JAVA_FLOAT));
          }
        }
      }
      return all;
    }
  }
}
