package io.moetool.formats.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.moetool.formats.DType;
import io.moetool.formats.OutputTensor;
import io.moetool.formats.Shape;
import io.moetool.formats.TensorContent;
import io.moetool.formats.TensorInfo;
import io.moetool.formats.json.Json;
import io.moetool.formats.publish.Leftover;
import io.moetool.formats.publish.WriteProgress;
import io.moetool.formats.safetensors.SafetensorsFile;
import io.moetool.formats.safetensors.SafetensorsHeader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The bundled model: written by another tool, so its bytes are a test of ours. */
class TinyMoeTest {
  private static final Path MODEL = Path.of("../examples/tinymoe-6d");

  @TempDir Path folder;

  @Test
  void everyTensorIsThere() {
    try (CheckpointStore store = CheckpointStore.open(MODEL)) {
      // Embedding, head, last norm; per layer 2 norms, 4 projections, 2 head norms, router, 32
      // experts of 3.
      assertThat(store.names()).hasSize(3 + 6 * (9 + 32 * 3));
      assertThat(store.names()).allMatch(name -> store.info(name).dtype() == DType.BF16);
      assertThat(store.tensorBytes()).isEqualTo(18_560_640);
      assertThat(store.info("model.layers.5.mlp.experts.31.down_proj.weight"))
          .isEqualTo(
              new TensorInfo(
                  "model.layers.5.mlp.experts.31.down_proj.weight", DType.BF16, Shape.of(192, 64)));
      assertThat(store.info("model.layers.0.mlp.gate.weight").shape()).isEqualTo(Shape.of(32, 192));
      assertThat(store.info("lm_head.weight").shape()).isEqualTo(Shape.of(4096, 192));
      assertThat(store.warnings()).isEmpty();
    }
  }

  @Test
  void ourHeaderIsTheirHeader() throws IOException {
    try (CheckpointStore store = CheckpointStore.open(MODEL)) {
      for (SafetensorsFile shard : store.shards().values()) {
        SafetensorsHeader read = shard.header();
        List<TensorInfo> infos =
            read.tensors().values().stream().map(tensor -> tensor.info()).toList();
        SafetensorsHeader ours = SafetensorsHeader.of(infos, read.metadata());
        assertThat(ours).isEqualTo(read);
        try (InputStream in = Files.newInputStream(shard.path())) {
          assertThat(ours.toBytes()).isEqualTo(in.readNBytes((int) read.dataStart()));
        }
      }
    }
  }

  @Test
  void writtenInOtherShardsItIsTheSameModel() {
    try (CheckpointStore store = CheckpointStore.open(MODEL)) {
      Path out = folder.resolve("resharded");
      CheckpointWriter.write(
          out,
          List.of(MODEL),
          Leftover.REFUSE,
          new CheckpointContent(
              ShardPacking.greedy(
                  store.names().reversed().stream().map(name -> copy(store, name)).toList(),
                  5_000_000),
              Json.writeCompact(Json.readObject(store.configFile())),
              "",
              CheckpointFiles.of(MODEL)),
          CheckpointWriterTest.MANIFEST,
          WriteProgress.none());
      try (CheckpointStore copy = CheckpointStore.open(out)) {
        assertThat(copy.shards()).hasSize(4);
        assertThat(copy.names()).containsExactlyInAnyOrderElementsOf(store.names());
        for (String name : store.names()) {
          assertThat(copy.view(name).bytes().mismatch(store.view(name).bytes())).isEqualTo(-1);
        }
        assertThat(fingerprint(copy)).isEqualTo(fingerprint(store));
        assertThat(copy.folder().resolve("tokenizer.json"))
            .hasSameBinaryContentAs(MODEL.resolve("tokenizer.json"));
      }
    }
  }

  @Test
  void itsFingerprintStaysTheSame() {
    try (CheckpointStore store = CheckpointStore.open(MODEL)) {
      // Computed from the description in Fingerprint by interop/fingerprint.py.
      assertThat(fingerprint(store))
          .isEqualTo("sha256:23e8abfc7cc9bf128908f0fe14eb7872c3d5e933b344027904f74f88495e60a6");
    }
  }

  @Test
  void tokenizerAndGenerationDefaultsBelongToIt() {
    assertThat(CheckpointFiles.of(MODEL))
        .extracting(CopiedFile::name)
        .containsExactly("generation_config.json", "tokenizer.json", "tokenizer_config.json");
  }

  private static String fingerprint(CheckpointStore store) {
    return Fingerprint.of(Json.readObject(store.configFile()), store);
  }

  private static OutputTensor copy(CheckpointStore store, String name) {
    return new OutputTensor(store.info(name), TensorContent.of(List.of(store.view(name).bytes())));
  }
}
