package io.moetool.formats;

import java.util.SequencedSet;

/**
 * Tensors that can be read by name. Views stay valid until the store is closed; after that every
 * access through them throws.
 */
public interface TensorStore extends AutoCloseable {
  /** All names, in the order the files store them. */
  SequencedSet<String> names();

  /** Whether a tensor of this name is stored. */
  default boolean contains(String name) {
    return names().contains(name);
  }

  /**
   * Type and shape of a tensor.
   *
   * @throws BadInputException if there is no such tensor
   */
  TensorInfo info(String name);

  /**
   * The stored elements, without copying.
   *
   * @throws BadInputException if there is no such tensor
   */
  TensorView view(String name);

  /** File a tensor is stored in, for messages. */
  String location(String name);

  @Override
  void close();
}
