package io.moetool.cli;

import io.moetool.formats.publish.AtShutdown;
import io.moetool.formats.publish.UnfinishedRun;
import java.nio.file.Path;

/** Says what an interrupted run has left, for as long as it is open. */
final class InterruptionNote implements AutoCloseable {
  private final Thread atShutdown;

  private InterruptionNote(Thread atShutdown) {
    this.atShutdown = atShutdown;
  }

  static InterruptionNote about(Path output, Console console) {
    Thread atShutdown =
        new Thread(
            () -> UnfinishedRun.of(output).ifPresent(run -> tell(console, run)), "moetool-note");
    AtShutdown.register(atShutdown);
    return new InterruptionNote(atShutdown);
  }

  private static void tell(Console console, UnfinishedRun run) {
    console.note(
        "interrupted: %s\n  continue with --resume, or remove them with --discard".formatted(run));
  }

  @Override
  public void close() {
    AtShutdown.forget(atShutdown);
  }
}
