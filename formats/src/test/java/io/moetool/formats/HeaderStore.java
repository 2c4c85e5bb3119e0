package io.moetool.formats;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedSet;

/** Names, types and shapes of tensors; hardly any content, for what is decided from headers. */
public final class HeaderStore implements TensorStore {
  private final LinkedHashMap<String, TensorInfo> infos = new LinkedHashMap<>();
  private final Map<String, byte[]> contents = new HashMap<>();

  /** Adds a BF16 tensor, or gives one another shape. */
  public HeaderStore add(String name, long... dims) {
    return add(name, DType.BF16, dims);
  }

  /** Adds a tensor, or gives one another type and shape. */
  public HeaderStore add(String name, DType type, long... dims) {
    infos.put(name, new TensorInfo(name, type, Shape.of(dims)));
    return this;
  }

  /** Adds an I64 vector with its content. */
  public HeaderStore addNumbers(String name, long... values) {
    ByteBuffer bytes =
        ByteBuffer.allocate(values.length * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (long value : values) {
      bytes.putLong(value);
    }
    contents.put(name, bytes.array());
    return add(name, DType.I64, values.length);
  }

  /** Takes a tensor away. */
  public HeaderStore remove(String name) {
    infos.remove(name);
    return this;
  }

  @Override
  public SequencedSet<String> names() {
    return Collections.unmodifiableSequencedSet(infos.sequencedKeySet());
  }

  @Override
  public TensorInfo info(String name) {
    TensorInfo info = infos.get(name);
    if (info == null) {
      throw new BadInputException("weights", "no tensor " + name, "none");
    }
    return info;
  }

  @Override
  public TensorView view(String name) {
    byte[] bytes = contents.get(name);
    if (bytes == null) {
      throw new AssertionError(name + " was to be looked at in its header alone");
    }
    return new TensorView(info(name), MemorySegment.ofArray(bytes));
  }

  @Override
  public String location(String name) {
    return "weights";
  }

  @Override
  public void close() {}
}
