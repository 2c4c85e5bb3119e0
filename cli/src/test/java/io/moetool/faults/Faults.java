package io.moetool.faults;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Counts the steps that change files below a folder, and lets one of them be the last that works.
 */
public abstract class Faults {
  private final Path watched;
  private final List<String> steps = new ArrayList<>();

  /** First byte of each file that may not be on the disk yet. */
  private final Map<Path, Long> unforced = new HashMap<>();

  /** Watches what is below {@code watched}. */
  protected Faults(Path watched) {
    this.watched = real(watched);
  }

  /** Changes nothing and counts only. */
  public static Faults none(Path watched) {
    return new Faults(watched) {
      @Override
      protected void at(int step, boolean needsSpace) {
        // All goes well.
      }
    };
  }

  /**
   * From step {@code last} on nothing changes the disk any more, as if the process had been killed
   * in the middle of it.
   */
  public static Faults death(Path watched, int last) {
    return new Faults(watched) {
      @Override
      protected void at(int step, boolean needsSpace) {
        if (step >= last) {
          throw new Death();
        }
      }
    };
  }

  /** From step {@code last} on there is no room for more. */
  public static Faults fullDisk(Path watched, int last) {
    return new Faults(watched) {
      @Override
      protected void at(int step, boolean needsSpace) throws IOException {
        if (step >= last && needsSpace) {
          throw new IOException("No space left on device");
        }
      }
    };
  }

  /** What a process does not survive. */
  public static final class Death extends Error {
    private static final long serialVersionUID = 1L;
  }

  /**
   * Called before a step is carried out.
   *
   * @param step its number, from 0
   * @param needsSpace whether it makes something on the disk grow
   */
  protected abstract void at(int step, boolean needsSpace) throws IOException;

  /** What has been done so far. */
  public final synchronized List<String> steps() {
    return List.copyOf(steps);
  }

  final boolean watches(Path path) {
    return real(path).startsWith(watched);
  }

  /** After a {@link #death}: what was never forced to the disk is zeros, as after a power cut. */
  public final void cutPower() throws IOException {
    for (Map.Entry<Path, Long> file : unforced.entrySet()) {
      if (Files.isRegularFile(file.getKey())) {
        byte[] bytes = Files.readAllBytes(file.getKey());
        Arrays.fill(bytes, Math.toIntExact(file.getValue()), bytes.length, (byte) 0);
        Files.write(file.getKey(), bytes);
      }
    }
  }

  final void step(String what, Path path, boolean needsSpace) throws IOException {
    if (watches(path)) {
      int number;
      synchronized (this) {
        number = steps.size();
        steps.add(what + " " + watched.relativize(real(path)));
      }
      at(number, needsSpace);
    }
  }

  final synchronized void written(Path path, long position) {
    unforced.merge(real(path), position, Math::min);
  }

  final synchronized void forced(Path path) {
    unforced.remove(real(path));
  }

  final synchronized void moved(Path from, Path to) {
    for (Map.Entry<Path, Long> file : Map.copyOf(unforced).entrySet()) {
      if (file.getKey().startsWith(real(from))) {
        unforced.remove(file.getKey());
        unforced.put(real(to).resolve(real(from).relativize(file.getKey())), file.getValue());
      }
    }
  }

  private static Path real(Path path) {
    return FaultyPath.unwrap(path).toAbsolutePath().normalize();
  }
}
