package io.moetool.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.moetool.formats.BadInputException;
import io.moetool.formats.EnvironmentException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;

class ExitCodeTest {
  private final BadInputException bad = new BadInputException("file", "problem", "mend");

  @Test
  void badInputIsNotTheEnvironmentsFault() {
    assertThat(ExitCode.of(bad).value()).isEqualTo(3);
    assertThat(ExitCode.of(new EnvironmentException("disk", "full", "mend")).value()).isEqualTo(5);
  }

  @Test
  void diskLibraryAndMemoryAreTheEnvironment() {
    assertThat(ExitCode.of(new IOException("broken")).value()).isEqualTo(5);
    assertThat(ExitCode.of(new UnsatisfiedLinkError("no onnxruntime")).value()).isEqualTo(5);
    assertThat(ExitCode.of(new OutOfMemoryError("Java heap space")).value()).isEqualTo(5);
  }

  @Test
  void whatNobodyForesawIsABug() {
    assertThat(ExitCode.of(new IllegalStateException()).value()).isEqualTo(1);
    assertThat(ExitCode.of(new IllegalArgumentException()).value()).isEqualTo(1);
    assertThat(ExitCode.of(new StackOverflowError()).value()).isEqualTo(1);
  }

  @Test
  void wrappingByThreadsAndStreamsChangesNothing() {
    assertThat(ExitCode.of(new ExecutionException(new CompletionException(bad))))
        .isEqualTo(ExitCode.INPUT);
    assertThat(ExitCode.of(new UncheckedIOException(new IOException())))
        .isEqualTo(ExitCode.ENVIRONMENT);
  }
}
