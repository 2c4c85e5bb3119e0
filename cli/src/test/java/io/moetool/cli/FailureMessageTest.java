package io.moetool.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.moetool.formats.BadInputException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import org.junit.jupiter.api.Test;

class FailureMessageTest {
  private final BadInputException bad =
      new BadInputException("a.jsonl line 3", "\"text\" is no string", "correct the row");

  @Test
  void badInputSaysWhereWhatAndTheMendWithoutATrace() {
    assertThat(FailureMessage.of(bad, false))
        .isEqualTo("moetool: a.jsonl line 3: \"text\" is no string\n  correct the row");
  }

  @Test
  void verboseAddsTheTrace() {
    assertThat(FailureMessage.of(bad, true))
        .startsWith("moetool: a.jsonl line 3: \"text\" is no string\n  correct the row\n")
        .contains("\tat io.moetool.cli.FailureMessageTest");
  }

  @Test
  void aBugAlwaysHasItsTrace() {
    assertThat(FailureMessage.of(new IllegalStateException("index 3"), false))
        .startsWith("moetool: this is a bug in moetool: java.lang.IllegalStateException: index 3\n")
        .contains("\tat io.moetool.cli.FailureMessageTest");
  }

  @Test
  void fileSystemFailuresNameTheFile() {
    assertThat(FailureMessage.of(new NoSuchFileException("x/y"), false))
        .isEqualTo("moetool: x/y: no such file or folder\n  check the path");
    IOException full = new FileSystemException("out", null, "No space left on device");
    assertThat(FailureMessage.of(new UncheckedIOException(full), false))
        .isEqualTo(
            "moetool: out: No space left on device\n  check free space and permissions there");
  }

  @Test
  void memoryHasAHint() {
    assertThat(FailureMessage.of(new OutOfMemoryError("Java heap space"), false))
        .isEqualTo(
            "moetool: memory: Java heap space\n"
                + "  give the JVM more with MOETOOL_OPTS=-Xmx8g, or use less data at once:"
                + " --sequence-length, --max-tokens");
  }
}
