package io.moetool.formats.safetensors;

import io.moetool.formats.BadInputException;
import io.moetool.formats.EnvironmentException;
import io.moetool.formats.TensorInfo;
import io.moetool.formats.TensorStore;
import io.moetool.formats.TensorView;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.SequencedSet;

/**
 * One safetensors file, mapped into memory whole. Opening reads the header only; tensors are read
 * from the disk when their bytes are looked at. May be used by several threads.
 */
public final class SafetensorsFile implements TensorStore {
  private final Path path;
  private final Arena arena;
  private final MemorySegment file;
  private final SafetensorsHeader header;

  private SafetensorsFile(Path path, Arena arena, MemorySegment file, SafetensorsHeader header) {
    this.path = path;
    this.arena = arena;
    this.file = file;
    this.header = header;
  }

  /**
   * Maps a file and checks its header.
   *
   * @throws BadInputException if there is no such file or it breaks the format
   * @throws EnvironmentException if it cannot be read or mapped
   */
  public static SafetensorsFile open(Path path) {
    if (!Files.isRegularFile(path)) {
      throw new BadInputException(path.toString(), "no such file", "check the path");
    }
    Arena arena = Arena.ofShared();
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      MemorySegment file = channel.map(MapMode.READ_ONLY, 0, channel.size(), arena);
      return new SafetensorsFile(path, arena, file, SafetensorsHeader.parse(path.toString(), file));
    } catch (IOException e) {
      arena.close();
      throw new EnvironmentException(
          path.toString(),
          "cannot be mapped into memory: " + e,
          "check the permissions and the disk",
          e);
    } catch (RuntimeException e) {
      arena.close();
      throw e;
    }
  }

  /** Where the file is. */
  public Path path() {
    return path;
  }

  /** What stands in front of the data. */
  public SafetensorsHeader header() {
    return header;
  }

  @Override
  public SequencedSet<String> names() {
    return Collections.unmodifiableSequencedSet(header.tensors().sequencedKeySet());
  }

  @Override
  public boolean contains(String name) {
    return header.tensors().containsKey(name);
  }

  @Override
  public TensorInfo info(String name) {
    return stored(name).info();
  }

  @Override
  public TensorView view(String name) {
    StoredTensor tensor = stored(name);
    return new TensorView(
        tensor.info(),
        file.asSlice(header.dataStart() + tensor.begin(), tensor.end() - tensor.begin()));
  }

  @Override
  public String location(String name) {
    return path.toString();
  }

  @Override
  public void close() {
    if (arena.scope().isAlive()) {
      arena.close();
    }
  }

  private StoredTensor stored(String name) {
    StoredTensor tensor = header.tensors().get(name);
    if (tensor == null) {
      throw new BadInputException(
          path.toString(),
          "there is no tensor " + Quoted.of(name),
          "check that the weights belong to the config.json beside them");
    }
    return tensor;
  }
}
