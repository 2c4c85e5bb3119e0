package io.moetool.formats.publish;

import io.moetool.formats.BadInputException;
import io.moetool.formats.EnvironmentException;
import io.moetool.formats.json.Json;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * Which files of a staging folder are complete. A line is on the disk before the next file is
 * begun, and a file is on the disk before its line: what the journal does not name is not believed,
 * and what it names is believed only if its bytes still have the hash that it says.
 *
 * <p>One JSON object a line: first {@link Heading}, then a {@link WrittenFile} for each complete
 * file. A last line without a line feed was cut off by the end of its run and does not count.
 */
public final class StagingJournal {
  static final String FILE = "journal.jsonl";

  /** Its name until it is on the disk. */
  static final String FRESH_FILE = FILE + ".new";

  private static final int VERSION = 1;

  private final Path path;
  private final Heading heading;
  private final List<WrittenFile> finished;

  /**
   * The first line.
   *
   * @param formatVersion {@value #VERSION}
   * @param work what is being done: names for people, and values that must be the same for a run
   *     that continues it
   * @param files how many files there will be
   */
  record Heading(int formatVersion, Map<String, String> work, int files) {
    Heading {
      work = Collections.unmodifiableMap(new LinkedHashMap<>(work));
    }
  }

  private StagingJournal(Path path, Heading heading, List<WrittenFile> finished) {
    this.path = path;
    this.heading = heading;
    this.finished = new ArrayList<>(finished);
  }

  /**
   * Begins a journal, in place of one that may be there.
   *
   * @param work names for people, and values that must be the same for a run that continues it
   * @param files how many files there will be
   * @param finished files that are complete already
   * @throws EnvironmentException if the disk refuses
   */
  public static StagingJournal begin(
      Path path, Map<String, String> work, int files, List<WrittenFile> finished) {
    StagingJournal journal = new StagingJournal(path, new Heading(VERSION, work, files), finished);
    StringBuilder text = new StringBuilder(line(journal.heading));
    finished.forEach(file -> text.append(line(file)));
    Path fresh = path.resolveSibling(FRESH_FILE);
    try {
      Files.writeString(fresh, text);
      Durable.forceFile(fresh);
      Files.move(fresh, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      Durable.forceName(path);
      return journal;
    } catch (IOException e) {
      throw unwritable(path, e);
    }
  }

  /**
   * Reads a journal.
   *
   * @return empty if there is none, or none that got as far as its first line
   * @throws BadInputException if it is damaged or of another version
   */
  public static Optional<StagingJournal> read(Path path) {
    if (!Files.isRegularFile(path)) {
      return Optional.empty();
    }
    try {
      List<String> lines = wholeLines(Json.text(path));
      return lines.isEmpty() ? Optional.empty() : Optional.of(parse(path, lines));
    } catch (BadInputException e) {
      throw e.orElse("or remove what is there with --discard");
    }
  }

  private static StagingJournal parse(Path path, List<String> lines) {
    Heading heading = Json.readStrict(path + " line 1", lines.getFirst(), Heading.class);
    if (heading.formatVersion != VERSION) {
      throw new BadInputException(
          path.toString(),
          "has format version %d, this moetool reads version %d"
              .formatted(heading.formatVersion, VERSION),
          "use the version of moetool that wrote it");
    }
    List<WrittenFile> finished = new ArrayList<>();
    for (int i = 1; i < lines.size(); i++) {
      finished.add(
          Json.readStrict("%s line %d".formatted(path, i + 1), lines.get(i), WrittenFile.class));
    }
    return new StagingJournal(path, heading, finished);
  }

  /** The files said to be complete, in the order they were finished. */
  public List<WrittenFile> finished() {
    return List.copyOf(finished);
  }

  /**
   * Adds a file that is complete and on the disk.
   *
   * @throws EnvironmentException if the disk refuses
   */
  public void add(WrittenFile file) {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.APPEND)) {
      ByteBuffer bytes = ByteBuffer.wrap(line(file).getBytes(StandardCharsets.UTF_8));
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      channel.force(true);
      finished.add(file);
    } catch (IOException e) {
      throw unwritable(path, e);
    }
  }

  /**
   * Makes sure that the journal is about this work.
   *
   * @param work see {@link #begin}
   * @throws BadInputException naming what is another
   */
  public void requireSame(Map<String, String> work) {
    List<String> others = new ArrayList<>();
    work.forEach((name, value) -> {
      String was = heading.work.get(name);
      if (!Objects.equals(was, value)) {
        others.add("another %s (%s; now %s)".formatted(name, was, value));
      }
    });
    if (!others.isEmpty()) {
      throw new BadInputException(
          String.valueOf(path.getParent()),
          "what is there was begun with " + String.join(" and ", others),
          "give what it was begun with to continue it, or remove it with --discard");
    }
  }

  /** How many files there will be. */
  public int files() {
    return heading.files;
  }

  private static List<String> wholeLines(String text) {
    List<String> lines = new ArrayList<>();
    int from = 0;
    for (int end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
      lines.add(text.substring(from, end));
      from = end + 1;
    }
    return lines;
  }

  private static String line(Object value) {
    return Json.writeCompact(value) + "\n";
  }

  private static EnvironmentException unwritable(Path path, IOException e) {
    return new EnvironmentException(
        path.toString(), "cannot be written: " + e, "check the disk and its free space", e);
  }
}
