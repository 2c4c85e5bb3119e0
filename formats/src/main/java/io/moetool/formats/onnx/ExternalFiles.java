package io.moetool.formats.onnx;

import io.moetool.formats.BadInputException;
import io.moetool.formats.MappedFile;
import io.moetool.formats.checkpoint.ModelFolder;
import io.moetool.formats.onnx.proto.StringStringEntryProto;
import io.moetool.formats.onnx.proto.TensorProto;
import io.moetool.formats.safetensors.Quoted;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Files beside a model that hold elements of its tensors, each mapped once. */
final class ExternalFiles implements AutoCloseable {
  private final Path model;
  private final ModelFolder folder;
  private final Map<String, MappedFile> files = new LinkedHashMap<>();

  /** The files beside a model. */
  ExternalFiles(Path model, Path folder) {
    this.model = model;
    this.folder = new ModelFolder(folder);
  }

  /** The files that were asked for so far. */
  List<Path> paths() {
    return files.values().stream().map(MappedFile::path).toList();
  }

  /** File that holds a tensor's elements. */
  Path path(TensorProto tensor) {
    return file(entries(tensor), tensor).path();
  }

  /**
   * A tensor's elements.
   *
   * @param byteSize how many bytes type and shape make
   * @throws BadInputException if the file's name leads out of the folder, there is no such file, or
   *     the elements do not lie in it
   */
  MemorySegment bytes(TensorProto tensor, long byteSize) {
    Map<String, String> entries = entries(tensor);
    MappedFile file = file(entries, tensor);
    long offset = number(tensor, entries, "offset", 0);
    long length = number(tensor, entries, "length", byteSize);
    if (length != byteSize) {
      throw wrong(
          tensor,
          "its length is given as %d, type and shape make %d bytes".formatted(length, byteSize));
    }
    if (offset > file.bytes().byteSize() || length > file.bytes().byteSize() - offset) {
      throw wrong(
          tensor,
          "%d bytes from %d on do not lie in %s, which has %d"
              .formatted(length, offset, file.path().getFileName(), file.bytes().byteSize()));
    }
    return file.bytes().asSlice(offset, length);
  }

  private MappedFile file(Map<String, String> entries, TensorProto tensor) {
    String location = entries.get("location");
    if (location == null) {
      throw wrong(tensor, "it is in another file, and no location says in which");
    }
    MappedFile known = files.get(location);
    if (known == null) {
      Path path =
          folder
              .file(at(tensor), location)
              .orElseThrow(() ->
                  new BadInputException(
                      at(tensor),
                      "its data are in %s, and there is no such file beside the model"
                          .formatted(Quoted.of(location)),
                      "put all files of the model into one folder"));
      known = MappedFile.open(path);
      files.put(location, known);
    }
    return known;
  }

  /** Unmaps them all. */
  @Override
  public void close() {
    files.values().forEach(MappedFile::close);
  }

  private Map<String, String> entries(TensorProto tensor) {
    Map<String, String> entries = new HashMap<>();
    for (StringStringEntryProto entry : tensor.getExternalDataList()) {
      if (entries.put(entry.getKey(), entry.getValue()) != null) {
        throw wrong(tensor, "its data have two entries " + Quoted.of(entry.getKey()));
      }
    }
    return entries;
  }

  private long number(TensorProto tensor, Map<String, String> entries, String key, long absent) {
    String text = entries.get(key);
    if (text == null) {
      return absent;
    }
    try {
      long number = Long.parseLong(text);
      if (number >= 0) {
        return number;
      }
    } catch (NumberFormatException e) {
      // reported below, as a negative number is
    }
    throw wrong(tensor, "its %s is %s, no count of bytes".formatted(key, Quoted.of(text)));
  }

  private BadInputException wrong(TensorProto tensor, String problem) {
    return new BadInputException(
        at(tensor), problem, "download or export the model and its data again, together");
  }

  private String at(TensorProto tensor) {
    return "%s: tensor %s".formatted(model, Quoted.of(tensor.getName()));
  }
}
