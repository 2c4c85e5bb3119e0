package io.moetool.formats.family;

/**
 * How tensors that hold all experts of a layer lie in files.
 *
 * @param transposed whether matrices are {@code [in, out]} instead of {@code [out, in]}
 * @param interleaved whether outputs of the gate and the up projection alternate, the gate's first,
 *     instead of all of the gate's coming before all of the up projection's
 */
public record StackLayout(boolean transposed, boolean interleaved) {
  /** {@code [out, in]}, gate above up. */
  public static final StackLayout PLAIN = new StackLayout(false, false);
}
