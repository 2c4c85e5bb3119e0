package io.moetool.formats.checkpoint;

import io.moetool.formats.OutputTensor;
import io.moetool.formats.publish.Sha256;
import io.moetool.formats.safetensors.SafetensorsHeader;
import io.moetool.formats.safetensors.SafetensorsWriter;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A weights file before it is written.
 *
 * @param name as it will be called
 * @param header what will stand in front of its data
 */
record ShardLayout(String name, SafetensorsHeader header) {
  /** The files that hold {@code shards}. */
  static List<ShardLayout> of(List<List<OutputTensor>> shards) {
    List<String> names = ShardNames.of(shards.size());
    List<ShardLayout> layouts = new ArrayList<>();
    for (int i = 0; i < names.size(); i++) {
      layouts.add(
          new ShardLayout(
              names.get(i),
              SafetensorsWriter.layout(shards.get(i).stream().map(OutputTensor::info).toList())));
    }
    return layouts;
  }

  /** Two layouts are the same if and only if these are: names, types, shapes and places. */
  static String digest(List<ShardLayout> layouts) {
    Sha256 hash = new Sha256();
    for (ShardLayout layout : layouts) {
      hash.update(ByteBuffer.wrap((layout.name + "\n").getBytes(StandardCharsets.UTF_8)));
      hash.update(ByteBuffer.wrap(layout.header.toBytes()));
    }
    return hash.hex();
  }

  /** Bytes of the file. */
  long fileBytes() {
    return header.fileBytes();
  }

  /** Names of its tensors in the order they will be stored. */
  List<String> tensorNames() {
    return List.copyOf(header.tensors().keySet());
  }
}
