package io.moetool.formats.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.moetool.formats.BadInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointFilesTest {
  @TempDir Path folder;

  @Test
  void tokenizerTemplatesCodeAndLicenceTravelWithTheModel() throws IOException {
    for (String name :
        new String[] {
          "LICENSE",
          "LICENSE.txt",
          "NOTICE",
          "added_tokens.json",
          "chat_template.jinja",
          "generation_config.json",
          "merges.txt",
          "modeling_my_moe.py",
          "qwen.tiktoken",
          "special_tokens_map.json",
          "spiece.model",
          "tekken.json",
          "tiktoken.model",
          "tokenizer.json",
          "tokenizer.model",
          "tokenizer.model.v3",
          "tokenizer_config.json",
          "vocab.json"
        }) {
      Files.createFile(folder.resolve(name));
    }
    Files.createDirectory(folder.resolve("additional_chat_templates"));
    Files.createFile(folder.resolve("additional_chat_templates/tool_use.jinja"));
    assertThat(CheckpointFiles.of(folder))
        .extracting(CopiedFile::name)
        .containsExactly(
            "LICENSE",
            "LICENSE.txt",
            "NOTICE",
            "added_tokens.json",
            "additional_chat_templates/tool_use.jinja",
            "chat_template.jinja",
            "generation_config.json",
            "merges.txt",
            "modeling_my_moe.py",
            "qwen.tiktoken",
            "special_tokens_map.json",
            "spiece.model",
            "tekken.json",
            "tiktoken.model",
            "tokenizer.json",
            "tokenizer.model",
            "tokenizer.model.v3",
            "tokenizer_config.json",
            "vocab.json");
  }

  @Test
  void weightsConfigAndWhatDescribesTheOriginalStayBehind() throws IOException {
    for (String name :
        new String[] {
          "README.md",
          ".gitattributes",
          ".hidden.py",
          "config.json",
          "model.safetensors",
          "model.safetensors.index.json",
          "moetool-manifest.json",
          "pytorch_model.bin",
          "licensed-data.csv",
          "figure.png"
        }) {
      Files.createFile(folder.resolve(name));
    }
    Files.createDirectory(folder.resolve("original"));
    Files.createDirectory(folder.resolve("vocab.json"));
    assertThat(CheckpointFiles.of(folder)).isEmpty();
  }

  @Test
  void aLinkThatLeadsOutIsRefused() throws IOException {
    Path secret = Files.createFile(folder.resolve("secret"));
    Path model = Files.createDirectory(folder.resolve("model"));
    Files.createSymbolicLink(model.resolve("tokenizer.json"), secret);
    assertThatThrownBy(() -> CheckpointFiles.of(model))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("is a link that leads out of its folder");
  }
}
