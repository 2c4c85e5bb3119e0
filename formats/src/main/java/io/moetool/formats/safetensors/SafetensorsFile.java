package io.moetool.formats.safetensors;

import io.moetool.formats.BadInputException;
import io.moetool.formats.EnvironmentException;
import io.moetool.formats.MappedFile;
import io.moetool.formats.TensorInfo;
import io.moetool.formats.TensorStore;
import io.moetool.formats.TensorView;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.SequencedSet;

/**
 * One safetensors file, mapped into memory whole. Opening reads the header only; tensors are read
 * from the disk when their bytes are looked at. May be used by several threads.
 */
public final class SafetensorsFile implements TensorStore {
  private final Path path;
  private final MappedFile file;
  private final SafetensorsHeader header;

  private SafetensorsFile(Path path, MappedFile file, SafetensorsHeader header) {
    this.path = path;
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
    MappedFile file = MappedFile.open(path);
    try {
      return new SafetensorsFile(
          path, file, SafetensorsHeader.parse(path.toString(), file.bytes()));
    } catch (RuntimeException e) {
      file.close();
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
        file.bytes().asSlice(header.dataStart() + tensor.begin(), tensor.end() - tensor.begin()));
  }

  @Override
  public String location(String name) {
    return path.toString();
  }

  @Override
  public void close() {
    file.close();
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
