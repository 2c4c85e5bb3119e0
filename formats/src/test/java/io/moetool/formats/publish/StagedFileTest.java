package io.moetool.formats.publish;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.moetool.formats.BadInputException;
import io.moetool.formats.EnvironmentException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StagedFileTest {
  @TempDir Path folder;

  @Test
  void theOldFileStaysUntilTheNewOneIsComplete() throws IOException {
    Path target = folder.resolve("plan.json");
    Files.writeString(target, "old");
    try (StagedFile file = StagedFile.create(target)) {
      Files.writeString(file.path(), "new");
      assertThat(target).hasContent("old");
      file.commit();
    }
    assertThat(target).hasContent("new");
    assertThat(folder.toFile().list()).containsExactly("plan.json");
  }

  @Test
  void withoutCommitNothingIsLeft() throws IOException {
    Path target = folder.resolve("a/b/plan.json");
    try (StagedFile file = StagedFile.create(target)) {
      Files.writeString(file.path(), "half");
      assertThat(file.path()).hasParent(folder.resolve("a/b"));
    }
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void twoWritersOfOneFileDoNotMix() throws IOException {
    Path target = folder.resolve("plan.json");
    try (StagedFile first = StagedFile.create(target);
        StagedFile second = StagedFile.create(target)) {
      Files.writeString(first.path(), "first");
      Files.writeString(second.path(), "second");
      second.commit();
      first.commit();
    }
    assertThat(target).hasContent("first");
  }

  @Test
  void textIsWrittenWhole() {
    Path target = folder.resolve("sub/analysis.json");
    StagedFile.write(target, "\u00e4\n");
    assertThat(target).hasBinaryContent(new byte[] {(byte) 0xc3, (byte) 0xa4, '\n'});
  }

  @Test
  void aFolderIsNoFile() {
    assertThatThrownBy(() -> StagedFile.create(folder))
        .isInstanceOf(BadInputException.class)
        .hasMessage(folder + ": is a folder\n  name a file");
  }

  @Test
  void aFileCannotBeAFolder() throws IOException {
    Path file = Files.createFile(folder.resolve("file"));
    assertThatThrownBy(() -> StagedFile.create(file.resolve("plan.json")))
        .isInstanceOf(EnvironmentException.class)
        .hasMessageStartingWith(file + ": cannot be created: ");
  }

  @Test
  void committingTwiceIsAMistakeOfTheCaller() {
    try (StagedFile file = StagedFile.create(folder.resolve("x"))) {
      file.commit();
      assertThatThrownBy(file::commit).isInstanceOf(RuntimeException.class);
    }
    assertThat(folder.resolve("x")).exists();
  }
}
