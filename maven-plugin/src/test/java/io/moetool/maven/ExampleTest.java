package io.moetool.maven;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** What people copy is what is built here. */
class ExampleTest {
  private static final Path BUILT = Path.of("src/it/example/pom.xml");

  @Test
  void theExampleProjectIsTheOneThatIsTested() {
    assertThat(Path.of("../examples/maven-pipeline/pom.xml")).hasSameTextualContentAs(BUILT);
  }

  @Test
  void thePluginsPageShowsTheProjectThatIsTested() throws IOException {
    assertThat(Path.of("../docs/maven-plugin.md"))
        .content()
        .contains("```xml\n" + Files.readString(BUILT) + "```\n");
  }
}
