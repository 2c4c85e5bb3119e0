package io.moetool.formats.publish;

import io.moetool.formats.EnvironmentException;
import java.io.IOException;
import java.nio.file.Path;

/**
 * How everything staged ends, once: it is published, discarded, or kept for another run. The end of
 * the JVM by a signal counts as closing.
 */
final class Staging {
  /** One step on the disk. */
  @FunctionalInterface
  interface Step {
    void run() throws IOException;
  }

  private final Path target;
  private final Path staged;
  private final CreatedParents parents;
  private final Step removal;
  private final Thread atShutdown = new Thread(this::end, "moetool-discard");

  private boolean open = true;
  private boolean kept;

  private Staging(Path target, Path staged, CreatedParents parents, Step removal) {
    this.target = target;
    this.staged = staged;
    this.parents = parents;
    this.removal = removal;
  }

  /**
   * Begins.
   *
   * @param target what will appear
   * @param staged what it is put together as
   * @param parents folders made for it
   * @param removal removes what is staged
   */
  static Staging begin(Path target, Path staged, CreatedParents parents, Step removal) {
    Staging staging = new Staging(target, staged, parents, removal);
    AtShutdown.register(staging.atShutdown);
    return staging;
  }

  Path target() {
    return target;
  }

  /** Says whether closing leaves what is staged. */
  synchronized void keep(boolean kept) {
    this.kept = kept;
  }

  /** Gives the target its name; what {@code move} leaves behind is then the caller's. */
  synchronized void publish(Step move) throws IOException {
    if (!open) {
      throw new IllegalStateException(target + " is already committed or discarded");
    }
    move.run();
    open = false;
    AtShutdown.forget(atShutdown);
    Durable.forceName(target);
  }

  /** Removes what is staged, unless it has been published or is kept. */
  void close() {
    end();
    AtShutdown.forget(atShutdown);
  }

  private synchronized void end() {
    if (!open) {
      return;
    }
    open = false;
    if (kept) {
      return;
    }
    try {
      removal.run();
    } catch (IOException e) {
      throw new EnvironmentException(
          staged.toString(), "cannot be removed: " + e, "remove it yourself", e);
    } finally {
      parents.remove();
    }
  }
}
