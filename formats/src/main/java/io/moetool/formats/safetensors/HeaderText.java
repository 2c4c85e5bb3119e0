package io.moetool.formats.safetensors;

import io.moetool.formats.BadInputException;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Map;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.json.JsonWriteFeature;

/** The bytes in front of the data, as the reference implementation lays them out. */
final class HeaderText {
  private static final JsonFactory FACTORY =
      JsonFactory.builder().disable(JsonWriteFeature.WRITE_HEX_UPPER_CASE).build();

  private HeaderText() {}

  static byte[] of(SafetensorsHeader header) {
    byte[] json = json(header);
    int padded = Math.ceilDiv(json.length, 8) * 8;
    if (padded > SafetensorsHeader.MAX_JSON_BYTES) {
      throw new BadInputException(
          "header of %d tensors".formatted(header.tensors().size()),
          "%d bytes are more than readers accept (%d)"
              .formatted(padded, SafetensorsHeader.MAX_JSON_BYTES),
          "write more, smaller shards");
    }
    ByteBuffer bytes =
        ByteBuffer.allocate(SafetensorsHeader.LENGTH_BYTES + padded).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putLong(padded).put(json);
    Arrays.fill(bytes.array(), bytes.position(), bytes.capacity(), (byte) ' ');
    return bytes.array();
  }

  private static byte[] json(SafetensorsHeader header) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(64 + 128 * header.tensors().size());
    try (JsonGenerator json = FACTORY.createGenerator(ObjectWriteContext.empty(), out)) {
      json.writeStartObject();
      if (!header.metadata().isEmpty()) {
        json.writeObjectPropertyStart(HeaderParser.METADATA);
        for (Map.Entry<String, String> entry : header.metadata().entrySet()) {
          json.writeStringProperty(entry.getKey(), entry.getValue());
        }
        json.writeEndObject();
      }
      for (StoredTensor tensor : header.tensors().values()) {
        write(json, tensor);
      }
      json.writeEndObject();
    }
    return out.toByteArray();
  }

  private static void write(JsonGenerator json, StoredTensor tensor) {
    json.writeObjectPropertyStart(tensor.info().name());
    json.writeStringProperty("dtype", tensor.info().dtype().name());
    json.writeName("shape");
    long[] dims = tensor.info().shape().toArray();
    json.writeArray(dims, 0, dims.length);
    json.writeName("data_offsets");
    json.writeArray(new long[] {tensor.begin(), tensor.end()}, 0, 2);
    json.writeEndObject();
  }
}
