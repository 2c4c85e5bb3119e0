package io.moetool.formats.safetensors;

import io.moetool.formats.BadInputException;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Makes sure that tensors cover the data of a file exactly once. Holes can hide a second file,
 * overlapping tensors can make a small file need any amount of memory.
 */
record DataTiling(Place place, long dataStart, long fileBytes) {
  /**
   * The tensors by place in the file; of those that share a place because they are empty, in given
   * order.
   */
  List<StoredTensor> inOrder(Collection<StoredTensor> tensors) {
    List<StoredTensor> sorted =
        tensors.stream()
            .sorted(
                Comparator.comparingLong(StoredTensor::begin).thenComparingLong(StoredTensor::end))
            .toList();
    long at = 0;
    for (StoredTensor tensor : sorted) {
      String name = tensor.info().name();
      if (tensor.begin() > at) {
        throw place.at(
            inFile(at),
            "%d bytes in front of tensor %s belong to no tensor"
                .formatted(tensor.begin() - at, Quoted.of(name)));
      }
      if (tensor.begin() < at) {
        throw place.at(
            name,
            inFile(tensor.begin()),
            "overlaps its predecessor by %d bytes".formatted(at - tensor.begin()));
      }
      at = tensor.end();
    }
    requireEnd(at);
    return sorted;
  }

  /** Tensors that lie at odd addresses, if any; allowed, but slow or unusable for other readers. */
  Optional<String> warning(List<StoredTensor> tensors) {
    List<StoredTensor> odd = tensors.stream().filter(this::isMisaligned).toList();
    return odd.isEmpty()
        ? Optional.empty()
        : Optional.of(
            "%d tensors are not aligned to their element size, the first is %s"
                .formatted(odd.size(), Quoted.of(odd.getFirst().info().name())));
  }

  private boolean isMisaligned(StoredTensor tensor) {
    int elementBytes = TensorOrder.elementBytes(tensor.info().dtype());
    return tensor.begin() < tensor.end() && (dataStart + tensor.begin()) % elementBytes != 0;
  }

  private void requireEnd(long dataBytes) {
    long present = fileBytes - dataStart;
    if (dataBytes > present) {
      throw new BadInputException(
          place.file() + ", byte " + fileBytes,
          "the file is cut short: %d bytes of tensors are described, %d are there"
              .formatted(dataBytes, present),
          "download or copy the file again");
    }
    if (dataBytes < present) {
      throw place.at(
          inFile(dataBytes), "%d bytes follow the last tensor".formatted(present - dataBytes));
    }
  }

  private long inFile(long at) {
    // Only for messages: a header may claim offsets near the end of the number range.
    return dataStart + Math.min(at, Long.MAX_VALUE - dataStart);
  }
}
