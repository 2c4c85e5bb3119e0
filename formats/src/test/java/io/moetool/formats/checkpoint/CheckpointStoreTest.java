package io.moetool.formats.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.moetool.formats.BadInputException;
import io.moetool.formats.publish.WriteProgress;
import io.moetool.formats.safetensors.SafetensorsWriter;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CheckpointStoreTest {
  private static final String AGAIN =
      "\n  download the checkpoint again, or write it again with its own tool";

  @TempDir Path folder;

  @Test
  void aSingleFileIsOpenedByItselfOrByItsFolder() {
    Path file = Tensors.file(folder.resolve("model.safetensors"), "a", "b");
    for (Path model : new Path[] {folder, file}) {
      try (CheckpointStore store = CheckpointStore.open(model)) {
        assertThat(store.names()).containsExactly("a", "b");
        assertThat(store.folder()).isEqualTo(folder);
        assertThat(store.configFile()).isEqualTo(folder.resolve("config.json"));
        assertThat(store.shards().sequencedKeySet()).containsExactly("model.safetensors");
        assertThat(store.tensorBytes()).isEqualTo(8);
        assertThat(store.warnings()).isEmpty();
        assertThat(store.location("b")).isEqualTo(file.toString());
        assertThat(store.view("a").bytes().toArray(ValueLayout.JAVA_BYTE)).containsOnly('a');
      }
    }
  }

  @Test
  void shardsMayBeCalledAnything() throws IOException {
    // Zero-based, six digits, a wrong total, and a folder of its own: all seen in the wild.
    Files.createDirectory(folder.resolve("weights"));
    Tensors.file(folder.resolve("model-000000-of-00001.safetensors"), "b");
    Tensors.file(folder.resolve("weights/x.safetensors"), "a");
    Tensors.file(folder.resolve("consolidated.safetensors"), "unlisted");
    Tensors.index(folder, "a", "weights/x.safetensors", "b", "model-000000-of-00001.safetensors");
    try (CheckpointStore store = CheckpointStore.open(folder)) {
      assertThat(store.names()).containsExactly("b", "a");
      assertThat(store.contains("unlisted")).isFalse();
      assertThat(store.location("a")).isEqualTo(folder.resolve("weights/x.safetensors").toString());
    }
  }

  @Test
  void allDisagreementsWithTheIndexAreReportedAtOnce() throws IOException {
    Tensors.file(folder.resolve("1.safetensors"), "a", "b", "extra");
    Tensors.file(folder.resolve("2.safetensors"), "b", "c");
    Tensors.index(
        folder,
        "a",
        "1.safetensors",
        "b",
        "1.safetensors",
        "c",
        "1.safetensors",
        "d",
        "2.safetensors");
    assertThatThrownBy(() -> CheckpointStore.open(folder))
        .isInstanceOf(BadInputException.class)
        .hasMessage(
            folder.resolve(CheckpointIndex.FILE)
                + ": does not fit its shards: "
                + "tensor 'extra' is in '1.safetensors' but not in the index; "
                + "tensor 'b' is in both '1.safetensors' and '2.safetensors'; "
                + "tensor 'c' is not in '1.safetensors' but in '2.safetensors'; "
                + "tensor 'd' is not in '2.safetensors'"
                + AGAIN);
  }

  @Test
  void aLongListOfDisagreementsIsCut() throws IOException {
    Tensors.file(folder.resolve("1.safetensors"), "a", "b", "c", "d", "e", "f", "g", "h");
    Tensors.index(folder, "a", "1.safetensors");
    assertThatThrownBy(() -> CheckpointStore.open(folder))
        .hasMessageContaining(
            "tensor 'f' is in '1.safetensors' but not in the index; and 2 more" + AGAIN)
        .hasMessageNotContaining("'g'");
  }

  @Test
  void missingShardsAreListed() throws IOException {
    Tensors.file(folder.resolve("2.safetensors"), "b");
    Files.createDirectory(folder.resolve("4.safetensors"));
    Tensors.index(
        folder,
        "a",
        "3.safetensors",
        "b",
        "2.safetensors",
        "c",
        "1.safetensors",
        "d",
        "4.safetensors");
    assertThatThrownBy(() -> CheckpointStore.open(folder))
        .isInstanceOf(BadInputException.class)
        .hasMessage(
            folder
                + ": 3 of the 4 files that its index names are missing: "
                + "'1.safetensors', '3.safetensors', '4.safetensors'\n  download the missing files");
  }

  @ParameterizedTest
  @CsvSource({
    "../m.safetensors",
    "/etc/passwd",
    "a/../../m.safetensors",
    "./m.safetensors",
    "..",
    "''"
  })
  void shardNamesMayNotLeadOutOfTheFolder(String name) throws IOException {
    Path model = Files.createDirectory(folder.resolve("model"));
    Tensors.file(folder.resolve("m.safetensors"), "a");
    Tensors.index(model, "a", name);
    assertThatThrownBy(() -> CheckpointStore.open(model))
        .isInstanceOf(BadInputException.class)
        .hasMessage(
            model.resolve(CheckpointIndex.FILE)
                + ": '"
                + name
                + "' is no name of a file inside the folder\n"
                + "  put the files themselves into the folder, or name the folder they are in");
  }

  @Test
  void shardNamesMayNotHoldBackslashesOrControlCharacters() throws IOException {
    for (String name :
        new String[] {"..\\m.safetensors", "m\u0000.safetensors", "m\n.safetensors"}) {
      Tensors.index(folder, "a", name);
      assertThatThrownBy(() -> CheckpointStore.open(folder))
          .isInstanceOf(BadInputException.class)
          .hasMessageContaining("is no name of a file inside the folder");
    }
  }

  @Test
  void aLinkMayNotLeadOutOfTheFolder() throws IOException {
    Path model = Files.createDirectory(folder.resolve("model"));
    Path outside = Tensors.file(folder.resolve("m.safetensors"), "a");
    Path link = Files.createSymbolicLink(model.resolve("model.safetensors"), outside);
    assertThatThrownBy(() -> CheckpointStore.open(model))
        .isInstanceOf(BadInputException.class)
        .hasMessage(
            link
                + ": is a link that leads out of its folder, to "
                + outside.toRealPath()
                + "\n  put the files themselves into the folder, or name the folder they are in");
  }

  @Test
  void aLinkedFolderOnTheWayToAShardMayNotLeadOutEither() throws IOException {
    Path model = Files.createDirectory(folder.resolve("model"));
    Path outside = Files.createDirectory(folder.resolve("outside"));
    Tensors.file(outside.resolve("m.safetensors"), "a");
    Files.createSymbolicLink(model.resolve("sub"), outside);
    Tensors.index(model, "a", "sub/m.safetensors");
    assertThatThrownBy(() -> CheckpointStore.open(model))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("is a link that leads out of its folder");
  }

  @Test
  void linksInsideTheFolderAreFine() throws IOException {
    Tensors.file(folder.resolve("real.safetensors"), "a");
    Files.createSymbolicLink(folder.resolve("model.safetensors"), Path.of("real.safetensors"));
    try (CheckpointStore store = CheckpointStore.open(folder)) {
      assertThat(store.names()).containsExactly("a");
    }
  }

  @Test
  void theHuggingFaceCacheIsReadThroughItsLinks() throws IOException {
    Path blobs = Files.createDirectories(folder.resolve("models--org--name/blobs"));
    Path snapshot = Files.createDirectories(folder.resolve("models--org--name/snapshots/0123abc"));
    Tensors.file(blobs.resolve("aaaa"), "a");
    Tensors.index(blobs, "a", "model-1.safetensors");
    Files.move(blobs.resolve(CheckpointIndex.FILE), blobs.resolve("bbbb"));
    Files.createSymbolicLink(snapshot.resolve("model-1.safetensors"), Path.of("../../blobs/aaaa"));
    Files.createSymbolicLink(snapshot.resolve(CheckpointIndex.FILE), Path.of("../../blobs/bbbb"));
    try (CheckpointStore store = CheckpointStore.open(snapshot)) {
      assertThat(store.names()).containsExactly("a");
    }
    // Also when the snapshot itself is reached by a link.
    Path link = Files.createSymbolicLink(folder.resolve("link"), snapshot);
    try (CheckpointStore store = CheckpointStore.open(link)) {
      assertThat(store.names()).containsExactly("a");
    }
  }

  @Test
  void aCachedFileThatIsNotYetDownloadedIsMissing() throws IOException {
    Files.createDirectories(folder.resolve("c/blobs"));
    Path snapshot = Files.createDirectories(folder.resolve("c/snapshots/1"));
    Tensors.index(snapshot, "a", "m.safetensors");
    Files.createSymbolicLink(snapshot.resolve("m.safetensors"), Path.of("../../blobs/none"));
    assertThatThrownBy(() -> CheckpointStore.open(snapshot))
        .hasMessageContaining("1 of the 1 files that its index names are missing: 'm.safetensors'");
  }

  @Test
  void oneOfSeveralShardsIsNoModel() throws IOException {
    Path shard = Tensors.file(folder.resolve("1.safetensors"), "a");
    Tensors.file(folder.resolve("2.safetensors"), "b");
    Tensors.index(folder, "a", "1.safetensors", "b", "2.safetensors");
    assertThatThrownBy(() -> CheckpointStore.open(shard))
        .isInstanceOf(BadInputException.class)
        .hasMessage(
            shard + ": is only one of 2 shards of a checkpoint\n  name the folder: " + folder);
  }

  @Test
  void aSingleFileBesideAnIndexOfOthersIsAmbiguous() throws IOException {
    Tensors.file(folder.resolve("model.safetensors"), "a");
    Tensors.file(folder.resolve("1.safetensors"), "a");
    Tensors.index(folder, "a", "1.safetensors");
    assertThatThrownBy(() -> CheckpointStore.open(folder))
        .isInstanceOf(BadInputException.class)
        .hasMessage(
            folder
                + ": holds model.safetensors and an index that names other files:"
                + " libraries differ in which they read\n"
                + "  move what does not belong to this model out of the folder");
  }

  @Test
  void anIndexOfASingleFileIsFine() throws IOException {
    Tensors.file(folder.resolve("model.safetensors"), "a");
    Tensors.index(folder, "a", "model.safetensors");
    try (CheckpointStore store = CheckpointStore.open(folder)) {
      assertThat(store.names()).containsExactly("a");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "pytorch_model.bin, holds weights in PyTorch's pickle format only",
    "model-Q4_K_M.gguf, holds GGUF weights only",
    "model-00001-of-00002.safetensors, 'holds .safetensors files, but neither model.safetensors nor'",
    "README.md, holds no weights: neither model.safetensors nor model.safetensors.index.json"
  })
  void whatIsThereInsteadOfWeightsIsSaid(String file, String problem) throws IOException {
    Files.createFile(folder.resolve(file));
    assertThatThrownBy(() -> CheckpointStore.open(folder))
        .isInstanceOf(BadInputException.class)
        .hasMessageStartingWith(folder + ": " + problem);
  }

  @Test
  void whatIsNoModelIsRefused() throws IOException {
    Path none = folder.resolve("none");
    assertThatThrownBy(() -> CheckpointStore.open(none))
        .isInstanceOf(BadInputException.class)
        .hasMessage(
            none + ": no such file or folder\n  name a checkpoint folder or a .safetensors file");
    Path text = Files.createFile(folder.resolve("model.txt"));
    assertThatThrownBy(() -> CheckpointStore.open(text))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("is neither a folder nor a .safetensors file");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{} | weight_map is missing, empty or no JSON object",
        "{\"weight_map\":{}} | weight_map is missing, empty or no JSON object",
        "{\"weight_map\":[]} | weight_map is missing, empty or no JSON object",
        "{\"weight_map\":{\"a\":1}} | weight_map names no file for tensor 'a'",
        "{\"weight_map\":{\"a\":null}} | weight_map names no file for tensor 'a'"
      })
  void anIndexThatNamesNoFilesIsRefused(String text, String problem) throws IOException {
    Path index = Files.writeString(folder.resolve(CheckpointIndex.FILE), text);
    assertThatThrownBy(() -> CheckpointStore.open(folder))
        .isInstanceOf(BadInputException.class)
        .hasMessage(index + ": " + problem + "\n  download or write the index again");
  }

  @Test
  void aNameThatTheIndexHasTwiceIsRefused() throws IOException {
    Files.writeString(
        folder.resolve(CheckpointIndex.FILE), "{\"weight_map\":{\"a\":\"1\",\"a\":\"2\"}}");
    assertThatThrownBy(() -> CheckpointStore.open(folder)).isInstanceOf(BadInputException.class);
  }

  @Test
  void oddThingsAreWarnedOf() throws IOException {
    SafetensorsWriter.write(
        folder.resolve("1.safetensors"),
        List.of(Tensors.filled("a", 1, 1)),
        Map.of("made-by", "hand"),
        WriteProgress.none());
    Files.writeString(
        folder.resolve(CheckpointIndex.FILE), "{\"weight_map\":{\"a\":\"1.safetensors\"}}");
    try (CheckpointStore store = CheckpointStore.open(folder)) {
      assertThat(store.warnings())
          .containsExactly(
              "model.safetensors.index.json has no metadata; transformers refuses such a checkpoint",
              "1.safetensors: its metadata name no format; transformers 4 refuses such a file");
    }
  }

  @Test
  void anUnknownTensorIsBadInput() {
    Tensors.file(folder.resolve("model.safetensors"), "a");
    try (CheckpointStore store = CheckpointStore.open(folder)) {
      assertThatThrownBy(() -> store.view("b"))
          .isInstanceOf(BadInputException.class)
          .hasMessage(
              folder
                  + ": there is no tensor 'b'\n"
                  + "  check that the weights belong to the config.json beside them");
    }
  }
}
