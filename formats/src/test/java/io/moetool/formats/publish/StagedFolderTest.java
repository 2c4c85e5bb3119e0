package io.moetool.formats.publish;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.moetool.formats.BadInputException;
import io.moetool.formats.EnvironmentException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class StagedFolderTest {
  @TempDir Path folder;

  @Test
  void theFolderAppearsOnCommitAndWhole() throws IOException {
    Path target = folder.resolve("out");
    try (StagedFolder staged = StagedFolder.create(target)) {
      assertThat(staged.path()).isEqualTo(folder.resolve(".out.partial/unfinished"));
      Files.createDirectory(staged.path().resolve("sub"));
      Files.writeString(staged.path().resolve("sub/a"), "1");
      assertThat(target).doesNotExist();
      staged.commit();
    }
    assertThat(folder.toFile().list()).containsExactly("out");
    assertThat(target.resolve("sub/a")).hasContent("1");
    assertThat(target.toFile().list()).containsExactly("sub");
  }

  @Test
  void whatItReplacesStaysUntilCommit() throws IOException {
    Path target = Files.createDirectory(folder.resolve("out"));
    Files.writeString(target.resolve("a"), "old");
    try (StagedFolder staged = StagedFolder.replacing(target, List.of(), Leftover.REFUSE)) {
      Files.writeString(staged.path().resolve("b"), "half");
    }
    assertThat(target.resolve("a")).hasContent("old");
    try (StagedFolder staged = StagedFolder.replacing(target, List.of(), Leftover.REFUSE)) {
      Files.writeString(staged.path().resolve("b"), "new");
      assertThat(target.resolve("a")).hasContent("old");
      staged.commit();
    }
    assertThat(target.toFile().list()).containsExactly("b");
    assertThat(folder.toFile().list()).containsExactly("out");
    assertThatThrownBy(
            () -> StagedFolder.replacing(target.resolve("in"), List.of(target), Leftover.REFUSE))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("lies inside the source");
  }

  @Test
  void withoutCommitNothingIsLeft() throws IOException {
    try (StagedFolder staged = StagedFolder.create(folder.resolve("a/b/out"))) {
      Files.createDirectories(staged.path().resolve("x/y"));
      Files.writeString(staged.path().resolve("x/y/z"), "half");
    }
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void linksInAnAbandonedFolderAreNotFollowed() throws IOException {
    Path precious =
        Files.writeString(Files.createDirectory(folder.resolve("precious")).resolve("f"), "1");
    try (StagedFolder staged = StagedFolder.create(folder.resolve("out"))) {
      Files.createSymbolicLink(staged.path().resolve("link"), precious.getParent());
    }
    assertThat(precious).hasContent("1");
  }

  @Test
  void anExistingTargetIsLeftAlone() throws IOException {
    Path target = Files.createDirectory(folder.resolve("out"));
    assertThatThrownBy(() -> StagedFolder.create(target))
        .isInstanceOf(BadInputException.class)
        .hasMessage(target + ": exists\n  choose another folder or remove it");
    assertThat(target).isEmptyDirectory();
    assertThat(folder.toFile().list()).containsExactly("out");
  }

  @Test
  void aDanglingLinkIsAnExistingTargetToo() throws IOException {
    Path target = Files.createSymbolicLink(folder.resolve("out"), folder.resolve("nowhere"));
    assertThatThrownBy(() -> StagedFolder.create(target))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("exists");
  }

  @Test
  void aTargetThatAppearsMeanwhileIsLeftAlone() throws IOException {
    Path target = folder.resolve("out");
    try (StagedFolder staged = StagedFolder.create(target)) {
      Files.writeString(staged.path().resolve("a"), "ours");
      Files.createDirectory(target);
      assertThatThrownBy(staged::commit)
          .isInstanceOf(BadInputException.class)
          .hasMessageContaining("exists");
    }
    assertThat(target).isEmptyDirectory();
    assertThat(folder.toFile().list()).containsExactly("out");
  }

  @Test
  void aTargetInsideItsSourceIsRefused() throws IOException {
    Path source = Files.createDirectory(folder.resolve("model"));
    Path link = Files.createSymbolicLink(folder.resolve("link"), source);
    for (Path target :
        List.of(source.resolve("out"), link.resolve("sub/out"), link.resolve("sub/../out"))) {
      assertThatThrownBy(() -> StagedFolder.create(target, List.of(source)))
          .isInstanceOf(BadInputException.class)
          .hasMessage(
              "%s: lies inside the source %s\n  choose a folder outside it; sources are never written to"
                  .formatted(target, source));
    }
    assertThat(source).isEmptyDirectory();
  }

  @Test
  void aTargetBesideItsSourceIsFine() throws IOException {
    Path source = Files.createDirectory(folder.resolve("model"));
    try (StagedFolder staged =
        StagedFolder.create(folder.resolve("model-pruned"), List.of(source))) {
      staged.commit();
    }
    assertThat(folder.resolve("model-pruned")).isDirectory();
  }

  @Test
  void aSecondWriterOfTheSameTargetIsTold() {
    Path target = folder.resolve("out");
    try (StagedFolder first = StagedFolder.create(target)) {
      assertThatThrownBy(() -> StagedFolder.create(target))
          .isInstanceOf(BadInputException.class)
          .hasMessage(
              folder.resolve(".out.partial")
                  + ": another run of moetool is writing this output now\n"
                  + "  wait for it, stop it, or choose another folder");
      assertThatThrownBy(() -> StagedFolder.discardLeftover(target))
          .isInstanceOf(BadInputException.class)
          .hasMessageContaining("is writing this output now");
      first.commit();
    }
    assertThat(target).isDirectory();
  }

  @Test
  void whatAKilledRunLeftIsNamedAndCanBeDiscarded() throws IOException {
    Path target = folder.resolve("out");
    Path leftover = Files.createDirectory(folder.resolve(".out.partial"));
    Files.createFile(leftover.resolve(StagingLock.FILE));
    Files.writeString(leftover.resolve("model.safetensors"), "half");
    assertThatThrownBy(() -> StagedFolder.create(target))
        .isInstanceOf(BadInputException.class)
        .hasMessage(
            leftover
                + ": an earlier run was ended before it could finish or clean up\n"
                + "  remove that folder and run again");
    assertThat(StagedFolder.discardLeftover(target)).isTrue();
    assertThat(StagedFolder.discardLeftover(target)).isFalse();
    assertThat(folder).isEmptyDirectory();
    assertThatCode(() -> StagedFolder.create(target).close()).doesNotThrowAnyException();
  }

  @Test
  void afterAFailureTheSameTargetCanBeTriedAgain() {
    Path target = folder.resolve("out");
    StagedFolder.create(target).close();
    try (StagedFolder staged = StagedFolder.create(target)) {
      staged.commit();
    }
    assertThat(target).isDirectory();
  }

  @Test
  void aFolderThatCannotBeWrittenIsTheEnvironmentsFault() throws IOException {
    Path file = Files.createFile(folder.resolve("file"));
    assertThatThrownBy(() -> StagedFolder.create(file.resolve("out")))
        .isInstanceOf(EnvironmentException.class)
        .hasMessageStartingWith(file + ": cannot be created: ");
  }

  @Test
  @DisabledOnOs(value = OS.WINDOWS, disabledReason = "processes are ended there without a signal")
  void aRunThatIsInterruptedCleansUp() throws Exception {
    try (OtherRun run = new OtherRun(folder.resolve("deep/out"))) {
      assertThat(folder.resolve("deep/.out.partial/unfinished/half")).exists();
      run.process().destroy();
      run.process().waitFor();
      assertThat(folder).isEmptyDirectory();
    }
  }

  @Test
  void aRunThatIsKilledIsToldFromOneThatIsAlive() throws Exception {
    Path target = folder.resolve("out");
    try (OtherRun run = new OtherRun(target)) {
      assertThatThrownBy(() -> StagedFolder.create(target))
          .isInstanceOf(BadInputException.class)
          .hasMessageContaining("another run of moetool is writing this output now");
      assertThatThrownBy(() -> StagedFolder.discardLeftover(target))
          .isInstanceOf(BadInputException.class)
          .hasMessageContaining("another run of moetool is writing this output now");
      run.process().destroyForcibly().waitFor();
    }
    assertThatThrownBy(() -> StagedFolder.create(target))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("an earlier run was ended before it could finish or clean up");
    assertThat(StagedFolder.discardLeftover(target)).isTrue();
    assertThat(folder).isEmptyDirectory();
  }

  /** Another JVM that has staged a folder and waits. */
  private record OtherRun(Process process) implements AutoCloseable {
    OtherRun(Path target) throws IOException {
      this(
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-cp",
                  System.getProperty("java.class.path"),
                  InterruptedRun.class.getName(),
                  target.toString())
              .redirectErrorStream(true)
              .start());
      assertThat(process.inputReader().readLine()).isEqualTo("staged");
    }

    @Override
    public void close() {
      process.destroyForcibly();
    }
  }
}
