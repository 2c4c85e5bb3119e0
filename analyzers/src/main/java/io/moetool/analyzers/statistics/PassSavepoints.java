package io.moetool.analyzers.statistics;

import io.moetool.formats.BadInputException;
import io.moetool.formats.EnvironmentException;
import io.moetool.formats.publish.MappedPages;
import io.moetool.formats.publish.Sha256;
import io.moetool.formats.publish.StagedFolder;
import io.moetool.formats.publish.StagingJournal;
import io.moetool.formats.publish.WrittenFile;
import io.moetool.runtime.run.Savepoints;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * Savepoints of a pass over data in the staging folder of its output: the statistics of each layer
 * that is done, one file each, and the hidden states after the last of them. The journal names
 * exactly what there is, with hashes, and is replaced as a whole when all of it is on the disk.
 *
 * <p>What is read back is what was measured, bit for bit, so a pass that was ended and resumed
 * gives the same bytes as one that was not.
 */
public final class PassSavepoints implements Savepoints {
  private static final String STATES = "states-";
  private static final int BLOCK = 1 << 20;

  private final StagedFolder staged;
  private final Map<String, String> work;
  private final MeasuredModel model;
  private final StatisticsTap tap;
  private final Optional<SampleStatisticsTap> sample;
  private final long pause;
  private final LongSupplier nanoTime;

  private final Map<Integer, WrittenFile> layers = new LinkedHashMap<>();
  private Optional<WrittenFile> states = Optional.empty();
  private long last;

  /**
   * Savepoints of one pass.
   *
   * @param staged where the output grows
   * @param work what has to be the same for a pass that goes on, by names for people
   * @param tap who watches the pass
   * @param sample who watches the sample, if there is one
   * @param pause what has to lie between two savepoints, so that a short pass pays nothing
   * @param nanoTime the clock
   */
  public PassSavepoints(
      StagedFolder staged,
      Map<String, String> work,
      MeasuredModel model,
      StatisticsTap tap,
      Optional<SampleStatisticsTap> sample,
      Duration pause,
      LongSupplier nanoTime) {
    this.staged = staged;
    this.work = new LinkedHashMap<>(work);
    this.model = model;
    this.tap = tap;
    this.sample = sample;
    this.pause = pause.toNanos();
    this.nanoTime = nanoTime;
    this.last = nanoTime.getAsLong();
  }

  /**
   * {@inheritDoc}
   *
   * @throws BadInputException if what is there was begun with other work, or by somebody else
   */
  @Override
  public int restore(MemorySegment hidden) {
    if (!staged.isContinued()) {
      return 0;
    }
    // What is not ours to continue is not ours to remove either.
    staged.keep(true);
    StagingJournal journal =
        StagingJournal.read(staged.journal())
            .orElseThrow(() ->
                new BadInputException(
                    String.valueOf(staged.path().getParent()),
                    "what is there was not left by a run that can be continued",
                    "remove it with --discard"));
    journal.requireSame(work);
    int done = takenOver(journal.finished(), hidden);
    if (done == 0) {
      layers.clear();
      states = Optional.empty();
    }
    staged.retain(files().stream().map(WrittenFile::name).toList());
    staged.keep(done > 0);
    return done;
  }

  @Override
  public void passed(int layer, MemorySegment hidden) {
    if (nanoTime.getAsLong() - last < pause) {
      return;
    }
    Optional<WrittenFile> earlier = states;
    try {
      for (int measured : model.moeLayers()) {
        if (measured <= layer && !layers.containsKey(measured)) {
          layers.put(measured, write(measured));
        }
      }
      states = Optional.of(write(STATES + layer, hidden));
      staged.forceNames();
      StagingJournal.begin(staged.journal(), work, model.moeLayers().size() + 1, files());
      staged.keep(true);
      if (earlier.isPresent()) {
        Files.deleteIfExists(staged.path().resolve(earlier.get().name()));
      }
    } catch (IOException e) {
      throw new EnvironmentException(
          staged.path().toString(),
          "layer %d cannot be saved: %s".formatted(layer, e),
          "check the disk and its free space",
          e);
    }
    last = nanoTime.getAsLong();
  }

  private List<WrittenFile> files() {
    List<WrittenFile> files = new ArrayList<>(layers.values());
    states.ifPresent(files::add);
    return files;
  }

  private static String name(int layer) {
    return "layer-%d.safetensors".formatted(layer);
  }

  private WrittenFile write(int layer) throws IOException {
    Path file = staged.path().resolve(name(layer));
    Files.deleteIfExists(file);
    StatisticsFile.write(
        file,
        Statistics.ofLayer(
            model,
            tap.measured(),
            tap.finished(layer),
            sample.map(watching -> watching.finished(layer))));
    staged.force(file);
    return new WrittenFile(name(layer), Files.size(file), Sha256.of(file), Map.of());
  }

  private WrittenFile write(String name, MemorySegment hidden) throws IOException {
    Path file = staged.path().resolve(name);
    Sha256 hash = new Sha256();
    try (FileChannel channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      for (long at = 0; at < hidden.byteSize(); at += BLOCK) {
        MemorySegment block = hidden.asSlice(at, Math.min(BLOCK, hidden.byteSize() - at));
        hash.update(block);
        ByteBuffer bytes = block.asByteBuffer();
        while (bytes.hasRemaining()) {
          channel.write(bytes);
        }
        MappedPages.release(block);
      }
    }
    staged.force(file);
    return new WrittenFile(name, hidden.byteSize(), hash.hex(), Map.of());
  }

  /** Takes over what hashes to what the journal says; returns the first layer still to be run. */
  private int takenOver(List<WrittenFile> claims, MemorySegment hidden) {
    Map<String, WrittenFile> claimed = new LinkedHashMap<>();
    claims.forEach(claim -> claimed.put(claim.name(), claim));
    Optional<WrittenFile> found =
        claims.stream().filter(claim -> claim.name().startsWith(STATES)).findFirst();
    if (found.isEmpty() || found.get().bytes() != hidden.byteSize()) {
      return 0;
    }
    int layer = Integer.parseInt(found.get().name().substring(STATES.length()));
    List<Statistics> measured = new ArrayList<>();
    for (int index : model.moeLayers()) {
      if (index <= layer) {
        WrittenFile claim = claimed.get(name(index));
        if (claim == null || !isRegular(claim) || !Sha256.of(file(claim)).equals(claim.sha256())) {
          return 0;
        }
        layers.put(index, claim);
        measured.add(StatisticsFile.read(file(claim)));
      }
    }
    if (!isRegular(found.get()) || !isRead(found.get(), hidden)) {
      return 0;
    }
    for (Statistics one : measured) {
      tap.restore(one.requireRouted().layers().getFirst());
      one.sampled().ifPresent(part -> sample.orElseThrow().restore(part.layers().getFirst()));
    }
    states = found;
    return layer + 1;
  }

  private Path file(WrittenFile claim) {
    return staged.path().resolve(claim.name());
  }

  private boolean isRegular(WrittenFile claim) {
    try {
      return Files.isRegularFile(file(claim), LinkOption.NOFOLLOW_LINKS)
          && Files.size(file(claim)) == claim.bytes();
    } catch (IOException e) {
      throw unreadable(claim, e);
    }
  }

  /** Reads the states; what was read is worth nothing if they are not what the journal says. */
  private boolean isRead(WrittenFile claim, MemorySegment hidden) {
    Sha256 hash = new Sha256();
    try (FileChannel channel = FileChannel.open(file(claim), StandardOpenOption.READ)) {
      for (long at = 0; at < hidden.byteSize(); at += BLOCK) {
        MemorySegment block = hidden.asSlice(at, Math.min(BLOCK, hidden.byteSize() - at));
        ByteBuffer bytes = block.asByteBuffer();
        while (bytes.hasRemaining()) {
          if (channel.read(bytes) < 0) {
            return false;
          }
        }
        hash.update(block);
        MappedPages.release(block);
      }
    } catch (IOException e) {
      throw unreadable(claim, e);
    }
    return hash.hex().equals(claim.sha256());
  }

  private EnvironmentException unreadable(WrittenFile claim, IOException e) {
    return new EnvironmentException(
        file(claim).toString(), "cannot be read: " + e, "check the disk and its permissions", e);
  }
}
