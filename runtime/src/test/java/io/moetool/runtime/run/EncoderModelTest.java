package io.moetool.runtime.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.moetool.formats.TensorView;
import io.moetool.formats.checkpoint.CheckpointStore;
import io.moetool.formats.family.Architecture;
import io.moetool.formats.family.FamilyCatalog;
import io.moetool.formats.family.ModelConfig;
import io.moetool.formats.json.Json;
import io.moetool.formats.safetensors.SafetensorsFile;
import io.moetool.kernels.FloatMatrix;
import io.moetool.runtime.ort.Device;
import io.moetool.runtime.ort.OrtEngine;
import io.moetool.runtime.text.SequenceData;
import io.moetool.runtime.text.TokenSequence;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Models whose encoder reads a source, against what the reference library computes. */
class EncoderModelTest {
  private static final Path FOLDER = Path.of("src/test/resources/encoder/switch-transformers");
  private static final OrtEngine ENGINE = OrtEngine.open(Device.CPU);

  private final JsonNode expected = Json.readObject(FOLDER.resolve("expected.json"));

  @Test
  void lossesAndLogitsEqualTheReferenceLibrary() {
    try (CheckpointStore store = CheckpointStore.open(FOLDER);
        WorkPool pool = new WorkPool(2);
        SafetensorsFile arrays = SafetensorsFile.open(FOLDER.resolve("expected.safetensors"))) {
      CheckpointModel model = model(store, pool);
      SequenceData data = data(model.architecture().encoder().orElseThrow().decoderStart());
      double total = 0;
      try (Predictions predictions = model.predict(data, RunProgress.NONE);
          SequenceScorer scorer = new SequenceScorer(ENGINE, model.vocabulary())) {
        for (int i = 0; i < data.sequences().size(); i++) {
          TokenSequence sequence = data.sequences().get(i);
          try (Logits logits = predictions.logits(i)) {
            double loss = scorer.loss(logits, sequence);
            total += loss;
            assertThat(loss / sequence.predicted())
                .isCloseTo(
                    expected.get("sequences").get(i).get("meanNll").doubleValue(), within(2e-5));
            assertRows(
                logits.rows(0, sequence.predicted()), arrays.view("sequence." + i + ".logits"));
          }
        }
      }
      assertThat(total / data.predicted())
          .isCloseTo(expected.get("meanNll").doubleValue(), within(2e-5));
    }
  }

  /**
   * The golden numbers have tokens dropped in every layer with experts; without that they differ.
   */
  @Test
  void tokensAreDroppedInEveryLayerOfTheGoldenNumbers() {
    try (CheckpointStore store = CheckpointStore.open(FOLDER);
        WorkPool pool = new WorkPool(1)) {
      for (int layer : model(store, pool).architecture().moe().layers()) {
        assertThat(expected.get("droppedTokens").get(Integer.toString(layer)).intValue())
            .isPositive();
      }
    }
  }

  /** Layers of both parts, in their order, each on its own tokens. */
  @Test
  void tapsSeeWhatHooksInTheReferenceLibrarySee() {
    try (CheckpointStore store = CheckpointStore.open(FOLDER);
        WorkPool pool = new WorkPool(2);
        SafetensorsFile arrays = SafetensorsFile.open(FOLDER.resolve("expected.safetensors"))) {
      GoldenTaps taps = new GoldenTaps(arrays);
      model(store, pool).observe(data(0).withoutLastTokens(), Taps.of(taps), RunProgress.NONE);
      assertThat(taps.seen())
          .containsExactly(
              "layer 1 sequence 0",
              "layer 1 sequence 1",
              "layer 1 sequence 2",
              "layer 3 sequence 0",
              "layer 3 sequence 1",
              "layer 3 sequence 2",
              "layer 5 sequence 0",
              "layer 5 sequence 1",
              "layer 5 sequence 2");
    }
  }

  private static CheckpointModel model(CheckpointStore store, WorkPool pool) {
    Architecture architecture =
        FamilyCatalog.builtIn().resolve(ModelConfig.read(store.configFile()), store);
    return new CheckpointModel(store, architecture, ENGINE, pool, ExpertMask.NONE);
  }

  private SequenceData data(int start) {
    List<TokenSequence> sequences = new ArrayList<>();
    for (JsonNode sequence : expected.get("sequences")) {
      int[] text = IntStream.concat(IntStream.of(start), ids(sequence.get("target"))).toArray();
      sequences.add(new TokenSequence("all", ids(sequence.get("source")).toArray(), text));
    }
    return new SequenceData(sequences);
  }

  private static IntStream ids(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false).mapToInt(JsonNode::intValue);
  }

  private static void assertRows(FloatMatrix actual, TensorView expected) {
    assertThat(expected.shape().toArray()).containsExactly(actual.rows(), actual.columns());
    for (int row = 0; row < actual.rows(); row++) {
      for (int column = 0; column < actual.columns(); column++) {
        float want =
            expected
                .bytes()
                .getAtIndex(
                    ValueLayout.JAVA_FLOAT_UNALIGNED, (long) row * actual.columns() + column);
        assertThat(actual.get(row, column)).isCloseTo(want, within(1e-4f));
      }
    }
  }
}
