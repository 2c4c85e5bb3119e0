package io.moetool.transforms.prune;

import io.moetool.formats.family.FamilyCatalog;
import io.moetool.formats.json.Json;
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
import io.moetool.transforms.SourceModel;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** A tiny checkpoint with the sequences it was run on elsewhere. */
record GoldenModel(String name) {
  static final Path FOLDER = Path.of("../runtime/src/test/resources/golden");
  private static final OrtEngine ENGINE = OrtEngine.open(Device.CPU);

  SourceModel open() {
    return SourceModel.open(FOLDER.resolve(name), FamilyCatalog.builtIn());
  }

  /** Logits of all sequences, of this or of a checkpoint made from it. */
  List<float[]> logits(SourceModel source, ExpertMask mask) {
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

  SequenceData sequences() {
    List<TokenSequence> sequences = new ArrayList<>();
    Path expected = FOLDER.resolve(name).resolve("expected.json");
    for (JsonNode sequence : Json.readObject(expected).get("sequences")) {
      int[] tokens = new int[sequence.get("tokens").size()];
      for (int i = 0; i < tokens.length; i++) {
        tokens[i] = sequence.get("tokens").get(i).intValue();
      }
      sequences.add(new TokenSequence("all", tokens));
    }
    return new SequenceData(sequences);
  }
}
