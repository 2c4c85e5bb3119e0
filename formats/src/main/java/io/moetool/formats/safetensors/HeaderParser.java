package io.moetool.formats.safetensors;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.TokenStreamFactory;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.core.json.JsonFactory;

/**
 * Reads a header token by token. Stricter than the reference implementation wherever that would let
 * two readers see two different files.
 *
 * <p>Memory is a small multiple of the header's length, which is at most 100 MB.
 */
final class HeaderParser {
  static final String METADATA = "__metadata__";

  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(64).build())
          // Names are used once: interning a hundred thousand of them only costs time.
          .disable(TokenStreamFactory.Feature.INTERN_PROPERTY_NAMES)
          .build();

  private final Place place;
  private final MemorySegment file;
  private final Map<String, String> metadata = new LinkedHashMap<>();
  private final Map<String, StoredTensor> tensors = new LinkedHashMap<>();
  private boolean metadataSeen;

  HeaderParser(Place place, MemorySegment file) {
    this.place = place;
    this.file = file;
  }

  SafetensorsHeader parse() {
    MemorySegment text = HeaderBounds.json(place, file);
    HeaderBounds.requireUtf8(place, text);
    List<String> warnings = new ArrayList<>();
    try (JsonParser json =
        FACTORY.createParser(ObjectReadContext.empty(), new SegmentInput(text))) {
      TensorEntryParser entries = new TensorEntryParser(place, json);
      read(json, entries);
      entries.warning().ifPresent(warnings::add);
    } catch (JacksonException e) {
      throw place.at(
          offset(e.getLocation()), "the header is not valid JSON: " + e.getOriginalMessage(), e);
    }
    long dataStart = SafetensorsHeader.LENGTH_BYTES + text.byteSize();
    DataTiling tiling = new DataTiling(place, dataStart, file.byteSize());
    List<StoredTensor> inOrder = tiling.inOrder(tensors.values());
    tiling.warning(inOrder).ifPresent(warnings::add);
    LinkedHashMap<String, StoredTensor> byName = LinkedHashMap.newLinkedHashMap(inOrder.size());
    inOrder.forEach(tensor -> byName.put(tensor.info().name(), tensor));
    return new SafetensorsHeader(metadata, byName, dataStart, warnings);
  }

  private void read(JsonParser json, TensorEntryParser entries) {
    if (json.nextToken() != JsonToken.START_OBJECT) {
      throw place.at(offset(json.currentTokenLocation()), "the header is no JSON object");
    }
    while (json.nextToken() == JsonToken.PROPERTY_NAME) {
      String name = json.currentName();
      long at = offset(json.currentTokenLocation());
      if (name.equals(METADATA)) {
        readMetadata(json, at);
      } else {
        requireUsable(name, at);
        if (tensors.put(name, entries.read(name, at)) != null) {
          throw place.at(name, at, "is there twice: readers differ in which one they take");
        }
      }
    }
    if (json.nextToken() != null) {
      throw place.at(offset(json.currentTokenLocation()), "text follows the header's JSON object");
    }
  }

  private void readMetadata(JsonParser json, long at) {
    if (metadataSeen) {
      throw place.at(at, "__metadata__ is there twice");
    }
    metadataSeen = true;
    JsonToken token = json.nextToken();
    if (token == JsonToken.VALUE_NULL) {
      return;
    }
    if (token != JsonToken.START_OBJECT) {
      throw place.at(at, "__metadata__ is no JSON object");
    }
    while (json.nextToken() == JsonToken.PROPERTY_NAME) {
      String key = json.currentName();
      long keyAt = offset(json.currentTokenLocation());
      if (json.nextToken() != JsonToken.VALUE_STRING) {
        throw place.at(keyAt, "__metadata__ may hold text only, not so " + Quoted.of(key));
      }
      String value = json.getString();
      if (hasLoneSurrogate(value)) {
        throw place.at(keyAt, "half a surrogate pair in __metadata__ key " + Quoted.of(key));
      }
      if (metadata.put(key, value) != null) {
        throw place.at(keyAt, "__metadata__ key " + Quoted.of(key) + " is there twice");
      }
    }
  }

  private void requireUsable(String name, long at) {
    if (name.codePoints().anyMatch(Character::isISOControl)) {
      throw place.at(name, at, "has a control character in its name");
    }
  }

  /** The parser refuses such names, but not such texts. */
  private static boolean hasLoneSurrogate(String text) {
    return text.codePoints()
        .anyMatch(c -> Character.MIN_SURROGATE <= c && c <= Character.MAX_SURROGATE);
  }

  /**
   * Byte offset in the file of a place in its header; that of the header if the place is unknown.
   */
  static long offset(@Nullable TokenStreamLocation location) {
    long inText = location == null ? 0 : Math.max(0, location.getByteOffset());
    return SafetensorsHeader.LENGTH_BYTES + inText;
  }
}
