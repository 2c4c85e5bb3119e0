package io.moetool.formats.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.moetool.formats.BadInputException;
import io.moetool.formats.json.Json;
import io.moetool.formats.publish.WrittenFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.node.ObjectNode;

class ManifestTest {
  @TempDir Path folder;

  @Test
  void aManifestIsReadBackAsItWasWritten() throws IOException {
    Manifest manifest = example();
    Path file = Files.writeString(folder.resolve(Manifest.FILE), manifest.toJson());
    assertThat(Manifest.read(file)).isEqualTo(manifest);
    assertThat(Manifest.read(file).toJson()).isEqualTo(manifest.toJson());
  }

  @Test
  void filesAndTensorsComeFromWhatWasWritten() {
    Manifest manifest = example();
    assertThat(manifest.files())
        .containsExactly(
            Map.entry("model.safetensors", new Manifest.FileEntry(99, "f0")),
            Map.entry("config.json", new Manifest.FileEntry(7, "c0")));
    assertThat(manifest.tensors())
        .containsExactly(
            Map.entry(
                "b", new Manifest.TensorEntry("b0", "model.safetensors", List.of("old.b"), true)),
            Map.entry(
                "a",
                new Manifest.TensorEntry("a0", "model.safetensors", List.of("x", "y"), false)));
  }

  @Test
  void theMachineIsNamed() {
    Manifest.Tool tool = Manifest.Tool.current("1.2.3");
    assertThat(tool.name()).isEqualTo("moetool");
    assertThat(tool.version()).isEqualTo("1.2.3");
    assertThat(tool.java()).startsWith(String.valueOf(Runtime.version().feature()));
    assertThat(tool.arch()).isEqualTo(System.getProperty("os.arch"));
  }

  @ParameterizedTest
  @CsvSource({
    "'\"formatVersion\"', '\"formatVersio\"'",
    "'\"identical\": true', '\"identical\": true, \"x\": 1'",
    "'\"sha256\": \"f0\"', '\"sha256\": null'",
    "'\"sources\": [ \"old.b\" ]', '\"sources\": [ ]'"
  })
  void aChangedManifestIsRefused(String from, String to) throws IOException {
    String text = example().toJson();
    assertThat(text).contains(from);
    Path file = Files.writeString(folder.resolve(Manifest.FILE), text.replace(from, to));
    assertThatThrownBy(() -> Manifest.read(file))
        .isInstanceOf(BadInputException.class)
        .hasMessageStartingWith(file.toString());
  }

  @Test
  void anotherVersionIsRefused() throws IOException {
    Manifest one = example();
    Manifest two =
        new Manifest(2, one.tool(), one.source(), one.plan(), one.files(), one.tensors());
    Path file = Files.writeString(folder.resolve(Manifest.FILE), two.toJson());
    assertThatThrownBy(() -> Manifest.read(file))
        .isInstanceOf(BadInputException.class)
        .hasMessage(
            file
                + ": has format version 2, this moetool reads version 1\n"
                + "  use the version of moetool that wrote it");
  }

  @Test
  void laterChangesOfThePlanDoNotReachTheManifest() {
    ObjectNode plan = Json.object().put("method", "reap");
    Manifest manifest =
        Manifest.of(tool(), source(), plan, List.of(), name -> Manifest.Origin.copyOf(name));
    plan.put("method", "random");
    assertThat(manifest.plan().get("method").stringValue()).isEqualTo("reap");
  }

  @Test
  void onlyOneTensorCanBeCopiedWhole() {
    assertThatThrownBy(() -> new Manifest.TensorEntry("0", "f", List.of("a", "b"), true))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("identical to 2 tensors");
  }

  private static Manifest example() {
    WrittenFile weights =
        new WrittenFile("model.safetensors", 99, "f0", ordered("b", "b0", "a", "a0"));
    WrittenFile config = new WrittenFile("config.json", 7, "c0", Map.of());
    return Manifest.of(
        tool(),
        source(),
        Json.object().put("method", "reap").put("share", 0.5),
        List.of(weights, config),
        name ->
            name.equals("b")
                ? Manifest.Origin.copyOf("old.b")
                : Manifest.Origin.madeFrom(List.of("x", "y")));
  }

  private static Map<String, String> ordered(String... keysAndValues) {
    Map<String, String> map = new LinkedHashMap<>();
    for (int i = 0; i < keysAndValues.length; i += 2) {
      map.put(keysAndValues[i], keysAndValues[i + 1]);
    }
    return map;
  }

  private static Manifest.Tool tool() {
    return new Manifest.Tool("moetool", "0.1.0", "25", "Linux", "amd64");
  }

  private static Manifest.Source source() {
    return new Manifest.Source("sha256:00", "qwen3_moe", Optional.empty());
  }
}
