package io.moetool.transforms.merge;

import io.moetool.formats.publish.ScratchFile;
import io.moetool.transforms.plan.Repair;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The last projections of merged experts that were fitted on data, as they are to be stored. They
 * lie on the disk until the result is written.
 */
public final class FittedProjections implements AutoCloseable {
  private final GroupMeans means;
  private final ScratchFile file;
  private final Map<Key, Place> places = new HashMap<>();
  private final Arena arena = Arena.ofShared();
  private Optional<Repair> repair = Optional.empty();

  private record Key(int layer, int leader) {}

  private record Place(long from, long bytes) {}

  private FittedProjections(GroupMeans means, ScratchFile file) {
    this.means = means;
    this.file = file;
  }

  /**
   * None yet.
   *
   * @param means what they were fitted to
   * @param output names the disk that they lie on
   */
  static FittedProjections of(GroupMeans means, Path output) {
    return new FittedProjections(means, ScratchFile.beside(output));
  }

  /** All else that groups become, with the same matching of neurons. */
  GroupMeans means() {
    return means;
  }

  void put(int layer, int leader, MemorySegment stored) {
    places.put(new Key(layer, leader), new Place(file.append(stored), stored.byteSize()));
  }

  void complete(Repair fitted) {
    repair = Optional.of(fitted);
  }

  /** What a plan says of them. */
  public Repair repair() {
    return repair.orElseThrow();
  }

  /** The last projection of the expert that a group becomes. */
  MemorySegment of(int layer, int leader) {
    Place place = places.get(new Key(layer, leader));
    if (place == null) {
      throw new IllegalArgumentException(
          "nothing was fitted for layer %d, expert %d".formatted(layer, leader));
    }
    return file.map(arena, place.from(), place.bytes());
  }

  @Override
  public void close() {
    arena.close();
    file.close();
  }
}
