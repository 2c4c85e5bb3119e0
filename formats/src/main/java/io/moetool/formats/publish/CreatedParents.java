package io.moetool.formats.publish;

import io.moetool.formats.EnvironmentException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * The folders above an output that had to be created for it, so that a failed run leaves nothing.
 */
final class CreatedParents {
  private final Deque<Path> innermostFirst;

  private CreatedParents(Deque<Path> innermostFirst) {
    this.innermostFirst = innermostFirst;
  }

  static CreatedParents of(Path target) {
    Deque<Path> created = new ArrayDeque<>();
    for (Path at = target.getParent(); at != null && !Files.isDirectory(at); at = at.getParent()) {
      created.addLast(at);
    }
    CreatedParents parents = new CreatedParents(created);
    try {
      if (!created.isEmpty()) {
        Files.createDirectories(created.getFirst());
      }
      return parents;
    } catch (IOException e) {
      parents.remove();
      throw new EnvironmentException(
          String.valueOf(target.getParent()),
          "cannot be created: " + e,
          "check the path and its permissions",
          e);
    }
  }

  void remove() {
    try {
      for (Path folder : innermostFirst) {
        Files.deleteIfExists(folder);
      }
    } catch (IOException e) {
      // Somebody else put something there in the meantime: then it is no longer ours to remove.
    }
  }
}
