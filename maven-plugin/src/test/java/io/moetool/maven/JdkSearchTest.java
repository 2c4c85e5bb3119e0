package io.moetool.maven;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JdkSearchTest {
  @TempDir private Path folder;

  @Test
  void takesTheFirstOfTheRightVersion() throws IOException {
    Path older = jdk("older", "24.0.2");
    Path newer = jdk("newer", "250");
    Path right = jdk("right", "25.0.1");

    assertThat(JdkSearch.firstSuitable(List.of(folder, older, newer, right))).contains(right);
    assertThat(JdkSearch.firstSuitable(List.of(folder, older, newer))).isEmpty();
    assertThat(JdkSearch.isSuitable(jdk("first", "25"))).isTrue();
  }

  @Test
  void aFolderWithoutAProgramIsNone() throws IOException {
    Path home = jdk("empty", "25.0.1");
    Files.delete(JdkSearch.java(home));

    assertThat(JdkSearch.isSuitable(home)).isFalse();
  }

  @Test
  void asksTheEnvironmentAndTheFoldersOfTheUser() throws IOException {
    Path installed = jdk(".sdkman/candidates/java/25.0.1-tem", "25.0.1");

    assertThat(
            JdkSearch.usualPlaces(
                Map.of("JAVA_HOME", "/java/home", "PATH", installed.resolve("bin").toString()),
                Map.of("java.home", "/maven/own", "user.home", folder.toString())))
        .startsWith(Path.of("/maven/own"), Path.of("/java/home"), installed.toRealPath())
        .contains(installed);
  }

  private Path jdk(String name, String version) throws IOException {
    Path home = folder.resolve(name);
    Files.createDirectories(home.resolve("bin"));
    Files.createFile(JdkSearch.java(home)).toFile().setExecutable(true);
    Files.writeString(
        home.resolve("release"), "IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"%s\"\n".formatted(version));
    return home;
  }
}
