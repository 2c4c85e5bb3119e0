package io.moetool.formats.safetensors;

import io.moetool.formats.BadInputException;
import io.moetool.formats.DType;
import io.moetool.formats.Shape;
import io.moetool.formats.TensorInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonParser.NumberType;
import tools.jackson.core.JsonToken;

/** Reads what a header says about one tensor, and makes sure that it agrees with itself. */
final class TensorEntryParser {
  /** As many axes as PyTorch and NumPy allow; keeps endless lists of extents out of memory. */
  private static final int MAX_RANK = 64;

  private final Place place;
  private final JsonParser json;

  private long unknownFields;
  private @Nullable String firstUnknown;

  TensorEntryParser(Place place, JsonParser json) {
    this.place = place;
    this.json = json;
  }

  /** Reads the value behind the name that the parser stands on. */
  StoredTensor read(String name, long at) {
    if (json.nextToken() != JsonToken.START_OBJECT) {
      throw place.at(name, at, "is not described by a JSON object");
    }
    @Nullable DType dtype = null;
    @Nullable List<Long> shape = null;
    @Nullable List<Long> offsets = null;
    while (json.nextToken() == JsonToken.PROPERTY_NAME) {
      switch (json.currentName()) {
        case "dtype" -> {
          requireFirst(dtype, name, "dtype");
          dtype = readDType(name);
        }
        case "shape" -> {
          requireFirst(shape, name, "shape");
          shape = readNumbers(name, "shape", MAX_RANK);
        }
        case "data_offsets" -> {
          requireFirst(offsets, name, "data_offsets");
          offsets = readNumbers(name, "data_offsets", 2);
        }
        default -> skipUnknown(name);
      }
    }
    if (dtype == null || shape == null || offsets == null) {
      throw place.at(name, at, "lacks dtype, shape or data_offsets");
    }
    if (offsets.size() != 2) {
      throw place.at(name, at, "has %d data_offsets, 2 are expected".formatted(offsets.size()));
    }
    return checked(
        new TensorInfo(name, dtype, new Shape(shape)), offsets.get(0), offsets.get(1), at);
  }

  /** What was skipped, if anything. */
  Optional<String> warning() {
    return firstUnknown == null
        ? Optional.empty()
        : Optional.of(
            "%d unknown fields of tensors were ignored, the first is %s"
                .formatted(unknownFields, firstUnknown));
  }

  private StoredTensor checked(TensorInfo info, long begin, long end, long at) {
    String layout = info.dtype().name() + info.shape();
    if (end < begin) {
      throw place.at(info.name(), at, "ends at %d, before it begins at %d".formatted(end, begin));
    }
    long expected;
    try {
      expected = info.byteSize();
    } catch (ArithmeticException e) {
      throw place.at(info.name(), at, layout + " has no size in bytes: " + e.getMessage());
    }
    if (end - begin != expected) {
      throw place.at(
          info.name(),
          at,
          "%s takes %d bytes, its data_offsets [%d,%d] hold %d"
              .formatted(layout, expected, begin, end, end - begin));
    }
    return new StoredTensor(info, begin, end);
  }

  private DType readDType(String tensor) {
    if (json.nextToken() != JsonToken.VALUE_STRING) {
      throw here(tensor, "has a dtype that is no text");
    }
    String name = json.getString();
    return DType.named(name)
        .orElseThrow(() -> here(tensor, "has the unknown dtype " + Quoted.of(name)));
  }

  private List<Long> readNumbers(String tensor, String field, int most) {
    if (json.nextToken() != JsonToken.START_ARRAY) {
      throw here(tensor, field + " is no array");
    }
    List<Long> numbers = new ArrayList<>(4);
    while (json.nextToken() != JsonToken.END_ARRAY) {
      if (numbers.size() == most) {
        throw here(tensor, "%s has more than %d numbers".formatted(field, most));
      }
      numbers.add(readNumber(tensor, field));
    }
    return numbers;
  }

  private long readNumber(String tensor, String field) {
    if (json.currentToken() != JsonToken.VALUE_NUMBER_INT || json.getString().startsWith("-")) {
      throw here(
          tensor,
          "%s holds %s, not a whole number from 0".formatted(field, Quoted.of(json.getString())));
    }
    if (json.getNumberType() == NumberType.BIG_INTEGER) {
      throw here(
          tensor, "%s holds %s, which is too large".formatted(field, Quoted.of(json.getString())));
    }
    return json.getLongValue();
  }

  private void skipUnknown(String tensor) {
    if (firstUnknown == null) {
      firstUnknown = Quoted.of(json.currentName()) + " of tensor " + Quoted.of(tensor);
    }
    unknownFields++;
    json.nextToken();
    json.skipChildren();
  }

  private void requireFirst(@Nullable Object earlier, String tensor, String field) {
    if (earlier != null) {
      throw here(tensor, field + " is there twice");
    }
  }

  private BadInputException here(String tensor, String problem) {
    return place.at(tensor, HeaderParser.offset(json.currentTokenLocation()), problem);
  }
}
