package io.moetool.transforms.compress;

import io.moetool.formats.BadInputException;
import java.util.BitSet;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * Which neurons of an expert stay, as text: two hexadecimal digits for eight neurons, the first of
 * them the lowest bit.
 */
final class NeuronMask {
  private NeuronMask() {}

  static String text(int[] neurons, int width) {
    BitSet stay = new BitSet(width);
    for (int neuron : neurons) {
      stay.set(neuron);
    }
    byte[] bytes = new byte[Math.ceilDiv(width, Byte.SIZE)];
    byte[] used = stay.toByteArray();
    System.arraycopy(used, 0, bytes, 0, used.length);
    return HexFormat.of().formatHex(bytes);
  }

  /** The neurons, ascending. */
  static int[] neurons(String where, String text, int width) {
    if (text.length() == 2 * Math.ceilDiv(width, Byte.SIZE)) {
      try {
        BitSet stay = BitSet.valueOf(HexFormat.of().parseHex(text));
        if (stay.length() <= width) {
          return stay.stream().toArray();
        }
      } catch (IllegalArgumentException e) {
        throw wrong(where, width, e);
      }
    }
    throw wrong(where, width, null);
  }

  private static BadInputException wrong(String where, int width, @Nullable Throwable cause) {
    String problem = "neurons that stay are no mask of %d bits".formatted(width);
    String mend = "leave the masks as they were written";
    return cause == null
        ? new BadInputException(where, problem, mend)
        : new BadInputException(where, problem, mend, cause);
  }
}
