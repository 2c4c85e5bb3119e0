package io.moetool.formats.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.moetool.formats.BadInputException;
import io.moetool.formats.DType;
import io.moetool.formats.EnvironmentException;
import io.moetool.formats.OutputTensor;
import io.moetool.formats.Shape;
import io.moetool.formats.TensorContent;
import io.moetool.formats.TensorInfo;
import io.moetool.formats.json.Json;
import io.moetool.formats.publish.Leftover;
import io.moetool.formats.publish.Sha256;
import io.moetool.formats.publish.UnfinishedRun;
import io.moetool.formats.publish.WriteProgress;
import io.moetool.formats.publish.WrittenFile;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointWriterTest {
  static final ManifestMaker MANIFEST =
      files ->
          Manifest.of(
              new Manifest.Tool("moetool", "0.1.0", "25", "Linux", "amd64"),
              new Manifest.Source("sha256:00", "qwen3_moe", Optional.empty()),
              Json.object(),
              files,
              Manifest.Origin::copyOf);

  private static final String CARD = "# A model\n";

  private static final String CONFIG = "{\n  \"num_experts\": 2\n}\n";

  @TempDir Path folder;

  @Test
  void aShardedCheckpointIsWrittenWholeAndReadBack() throws IOException {
    Path source = Files.createDirectory(folder.resolve("source"));
    Path tokenizer = Files.writeString(source.resolve("tokenizer.json"), "{}");
    Files.createDirectory(source.resolve("additional_chat_templates"));
    Files.writeString(source.resolve("additional_chat_templates/tool.jinja"), "{{ x }}");
    assertThat(tokenizer.toFile().setWritable(false)).isTrue();
    CheckpointContent content =
        new CheckpointContent(
            List.of(
                List.of(Tensors.filled("z", 3, 1), Tensors.filled("a", 5, 2)),
                List.of(),
                List.of(Tensors.filled("m", 7, 3))),
            CONFIG,
            CARD,
            CheckpointFiles.of(source));
    Path out = folder.resolve("out");

    List<WrittenFile> written = write(out, content, source);

    assertThat(written)
        .extracting(WrittenFile::name)
        .containsExactly(
            "model-00001-of-00002.safetensors",
            "model-00002-of-00002.safetensors",
            "additional_chat_templates/tool.jinja",
            "tokenizer.json",
            "README.md",
            "config.json",
            "model.safetensors.index.json",
            "moetool-manifest.json");
    assertThat(out.toFile().list()).hasSize(8);
    for (WrittenFile file : written) {
      Path path = out.resolve(file.name());
      assertThat(Files.size(path)).isEqualTo(file.bytes());
      assertThat(Sha256.of(path)).isEqualTo(file.sha256());
      assertThat(path.toFile().canWrite()).isTrue();
    }
    assertThat(out.resolve("config.json")).hasContent(CONFIG);
    assertThat(out.resolve("additional_chat_templates/tool.jinja")).hasContent("{{ x }}");
    assertThat(out.resolve("model.safetensors.index.json"))
        .hasContent(
            """
            {
              "metadata": {
                "total_size": 15
              },
              "weight_map": {
                "a": "model-00001-of-00002.safetensors",
                "m": "model-00002-of-00002.safetensors",
                "z": "model-00001-of-00002.safetensors"
              }
            }
            """);
    try (CheckpointStore store = CheckpointStore.open(out)) {
      assertThat(store.names()).containsExactly("z", "a", "m");
      assertThat(store.view("a").bytes().toArray(ValueLayout.JAVA_BYTE)).containsOnly(2).hasSize(5);
      assertThat(store.warnings()).isEmpty();
      Manifest manifest = Manifest.read(out.resolve(Manifest.FILE));
      assertThat(manifest.files()).hasSize(7).doesNotContainKey(Manifest.FILE);
      assertThat(manifest.tensors()).containsOnlyKeys("z", "a", "m");
      manifest
          .tensors()
          .forEach((name, entry) ->
              assertThat(entry.sha256()).isEqualTo(Sha256.of(store.view(name).bytes())));
    }
  }

  @Test
  void aSingleShardNeedsNoIndex() {
    Path out = folder.resolve("out");
    write(out, one());
    assertThat(out.toFile().list())
        .containsExactlyInAnyOrder(
            "model.safetensors", "README.md", "config.json", "moetool-manifest.json");
  }

  @Test
  void theSameInputGivesTheSameBytes() throws IOException {
    CheckpointContent content =
        new CheckpointContent(
            List.of(List.of(Tensors.filled("b", 3, 1)), List.of(Tensors.filled("a", 3, 1))),
            CONFIG,
            CARD,
            List.of());
    List<WrittenFile> first = write(folder.resolve("first"), content);
    List<WrittenFile> second = write(folder.resolve("second"), content);
    assertThat(first).isEqualTo(second);
  }

  @Test
  void aFailureBeforeAFileIsCompleteLeavesNothing() {
    OutputTensor broken =
        new OutputTensor(
            new TensorInfo("broken", DType.U8, Shape.of(4)),
            sink -> {
              throw new IOException("no route to disk");
            });
    CheckpointContent content =
        new CheckpointContent(
            List.of(List.of(broken), List.of(Tensors.filled("a", 3, 1))), CONFIG, CARD, List.of());
    assertThatThrownBy(() -> write(folder.resolve("deep/out"), content))
        .isInstanceOf(EnvironmentException.class)
        .hasMessageContaining("no route to disk");
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void aFailureAfterAFileIsCompleteKeepsItAndResumingAsksForTheRestOnly() {
    List<String> asked = new ArrayList<>();
    Path out = folder.resolve("out");
    assertThatThrownBy(() -> write(out, two(asked, new IOException("no route to disk"))))
        .isInstanceOf(EnvironmentException.class)
        .hasMessageContaining("no route to disk")
        .hasMessageEndingWith(
            "\n  1 of 2 weights files are complete: continue with --resume, or remove them with --discard");
    assertThat(asked).containsExactly("a", "b");
    assertThat(UnfinishedRun.of(out))
        .contains(new UnfinishedRun(folder.resolve(".out.partial"), 1, 2));
    assertThatThrownBy(() -> write(out, two(asked, null)))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("1 of 2 files are complete\n  continue it with --resume");

    asked.clear();
    List<WrittenFile> resumed =
        CheckpointWriter.write(
            out, List.of(), Leftover.RESUME, two(asked, null), MANIFEST, WriteProgress.none());

    assertThat(asked).containsExactly("b");
    assertThat(resumed).isEqualTo(write(folder.resolve("undisturbed"), two(asked, null)));
    assertThat(folder.toFile().list()).containsExactlyInAnyOrder("out", "undisturbed");
  }

  /** Tensors a and b, each in a file of its own; b may fail. */
  private static CheckpointContent two(List<String> asked, @Nullable IOException failure) {
    List<List<OutputTensor>> shards = new ArrayList<>();
    for (String name : List.of("a", "b")) {
      TensorContent content =
          sink -> {
            asked.add(name);
            if (name.equals("b") && failure != null) {
              throw failure;
            }
            sink.write(MemorySegment.ofArray(new byte[] {1, 2, 3}));
          };
      shards.add(List.of(new OutputTensor(new TensorInfo(name, DType.U8, Shape.of(3)), content)));
    }
    return new CheckpointContent(shards, CONFIG, CARD, List.of());
  }

  @Test
  void anExistingTargetIsRefusedBeforeAnyWork() throws IOException {
    Path out = Files.createDirectory(folder.resolve("out"));
    Files.writeString(out.resolve("keep"), "me");
    List<String> asked = new ArrayList<>();
    TensorContent content = sink -> asked.add("content");
    OutputTensor tensor = new OutputTensor(new TensorInfo("a", DType.U8, Shape.of(0)), content);
    assertThatThrownBy(() ->
            write(out, new CheckpointContent(List.of(List.of(tensor)), CONFIG, CARD, List.of())))
        .isInstanceOf(BadInputException.class)
        .hasMessage(out + ": exists\n  choose another folder or remove it");
    assertThat(asked).isEmpty();
    assertThat(out.toFile().list()).containsExactly("keep");
  }

  @Test
  void aSourceIsNeverWrittenTo() throws IOException {
    Path source = Files.createDirectory(folder.resolve("source"));
    assertThatThrownBy(() ->
            CheckpointWriter.write(
                source.resolve("out"),
                List.of(source),
                Leftover.REFUSE,
                one(),
                MANIFEST,
                WriteProgress.none()))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("lies inside the source");
    assertThat(source).isEmptyDirectory();
  }

  @Test
  void spaceIsAskedForBeforeTheFirstByte() {
    OutputTensor huge =
        new OutputTensor(new TensorInfo("huge", DType.U8, Shape.of(1L << 59)), sink -> {});
    assertThatThrownBy(() ->
            write(
                folder.resolve("out"),
                new CheckpointContent(List.of(List.of(huge)), CONFIG, CARD, List.of())))
        .isInstanceOf(EnvironmentException.class)
        .hasMessageStartingWith(folder + ": not enough disk space: 576.5 PB needed, ");
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void progressCoversAllShards() {
    CheckpointContent content =
        new CheckpointContent(
            List.of(List.of(Tensors.filled("b", 3, 1)), List.of(Tensors.filled("a", 3, 1))),
            CONFIG,
            CARD,
            List.of());
    List<Long> reports = new ArrayList<>();
    CheckpointWriter.write(
        folder.resolve("out"),
        List.of(),
        Leftover.REFUSE,
        content,
        MANIFEST,
        (done, total) -> {
          assertThat(total).isEqualTo(content.weightBytes());
          reports.add(done);
        });
    assertThat(reports).isSorted().endsWith(content.weightBytes());
  }

  @Test
  void contentThatCannotBeACheckpointIsAMistakeOfTheCaller() {
    OutputTensor a = Tensors.filled("a", 1, 1);
    assertThatThrownBy(() -> new CheckpointContent(List.of(List.of()), CONFIG, CARD, List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a checkpoint needs a tensor");
    assertThatThrownBy(
            () -> new CheckpointContent(List.of(List.of(a), List.of(a)), CONFIG, CARD, List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("tensor a is given twice");
    CopiedFile config = new CopiedFile("config.json", folder.resolve("config.json"));
    assertThatThrownBy(
            () -> new CheckpointContent(List.of(List.of(a)), CONFIG, CARD, List.of(config)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("config.json is written already");
  }

  private static CheckpointContent one() {
    return new CheckpointContent(
        List.of(List.of(Tensors.filled("a", 3, 1))), CONFIG, CARD, List.of());
  }

  private static List<WrittenFile> write(Path out, CheckpointContent content, Path... sources) {
    return CheckpointWriter.write(
        out, List.of(sources), Leftover.REFUSE, content, MANIFEST, WriteProgress.none());
  }
}
