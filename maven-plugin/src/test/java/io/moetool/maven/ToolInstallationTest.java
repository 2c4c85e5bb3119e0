package io.moetool.maven;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class ToolInstallationTest {
  @Test
  void startsTheToolAsItsLauncherDoes() throws IOException {
    List<String> launcher =
        Files.readAllLines(Path.of("../cli/src/dist/lib/launch.sh")).stream()
            .map(String::strip)
            .filter(line -> line.startsWith("-") && line.endsWith("\\"))
            .map(line -> line.substring(0, line.length() - 1).strip())
            .filter(line -> !line.startsWith("-cp") && !line.startsWith("-Dmoetool.home="))
            .toList();

    assertThat(launcher).isEqualTo(ToolInstallation.JVM_ARGUMENTS);
  }

  @Test
  void furtherArgumentsComeAfterItsOwnAndBeforeTheClassPath() {
    ToolInstallation tool =
        new ToolInstallation(
            Path.of("jdk"), List.of(Path.of("a.jar"), Path.of("b.jar")), List.of("-Xmx1g"));

    List<String> line = tool.commandLine("inspect", List.of("model"));

    int further = line.indexOf("-Xmx1g");
    assertThat(line.subList(1, further)).isEqualTo(ToolInstallation.JVM_ARGUMENTS);
    assertThat(line.subList(further + 1, line.size()))
        .containsExactly(
            "-cp",
            "a.jar" + java.io.File.pathSeparator + "b.jar",
            "io.moetool.cli.Moetool",
            "inspect",
            "model");
  }
}
