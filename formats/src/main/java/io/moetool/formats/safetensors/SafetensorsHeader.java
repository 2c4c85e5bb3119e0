package io.moetool.formats.safetensors;

import io.moetool.formats.BadInputException;
import io.moetool.formats.TensorInfo;
import java.lang.foreign.MemorySegment;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;

/**
 * What stands in front of the data of a safetensors file. Whoever holds one knows that its tensors
 * tile the data exactly: no holes, no overlaps, nothing behind the last.
 *
 * @param metadata text by key ({@code __metadata__})
 * @param tensors by name, in the order their bytes are stored
 * @param dataStart offset of the data in the file: 8 plus the length of the JSON text
 * @param warnings what is allowed but odd, one sentence each
 */
public record SafetensorsHeader(
    Map<String, String> metadata,
    SequencedMap<String, StoredTensor> tensors,
    long dataStart,
    List<String> warnings) {
  /** Longest JSON text, also in the reference implementation. */
  public static final long MAX_JSON_BYTES = 100_000_000;

  /** Bytes in front of the JSON text. */
  static final int LENGTH_BYTES = 8;

  public SafetensorsHeader {
    metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
    tensors = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(tensors));
    warnings = List.copyOf(warnings);
  }

  /**
   * Reads and checks the header of a file.
   *
   * @param where names the file in messages
   * @param file the whole file
   * @throws BadInputException if the file is no safetensors file, is cut short or is ambiguous
   */
  public static SafetensorsHeader parse(String where, MemorySegment file) {
    return new HeaderParser(new Place(where), file).parse();
  }

  /**
   * The header of a file that will hold {@code tensors} in this order.
   *
   * @param metadata written in key order
   * @throws BadInputException if it would be longer than readers accept
   */
  public static SafetensorsHeader of(List<TensorInfo> tensors, Map<String, String> metadata) {
    LinkedHashMap<String, StoredTensor> stored = new LinkedHashMap<>();
    long at = 0;
    for (TensorInfo info : tensors) {
      long end = Math.addExact(at, info.byteSize());
      if (stored.put(info.name(), new StoredTensor(info, at, end)) != null) {
        throw new IllegalArgumentException("tensor " + Quoted.of(info.name()) + " is given twice");
      }
      at = end;
    }
    Map<String, String> sorted = new TreeMap<>(metadata);
    SafetensorsHeader unsized = new SafetensorsHeader(sorted, stored, 0, List.of());
    return new SafetensorsHeader(sorted, stored, unsized.toBytes().length, List.of());
  }

  /** Everything in front of the data: length, JSON text, padding to a multiple of 8 bytes. */
  public byte[] toBytes() {
    return HeaderText.of(this);
  }

  /** Bytes of all tensors together. */
  public long dataBytes() {
    return tensors.isEmpty() ? 0 : tensors.lastEntry().getValue().end();
  }

  /** Bytes of the file. */
  public long fileBytes() {
    return dataStart + dataBytes();
  }
}
