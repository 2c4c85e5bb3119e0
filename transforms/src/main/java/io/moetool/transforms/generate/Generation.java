package io.moetool.transforms.generate;

import java.util.List;

/**
 * What a model went on with, as it is printed.
 *
 * @param form {@code checkpoint} or {@code onnx}
 * @param text new text
 * @param tokens new token ids; the one that ended the text is not among them
 * @param finish {@code stop} where the model ended the text, {@code length} where it was cut
 * @param seconds wall time
 * @param tokensPerSecond new tokens per second of wall time
 */
public record Generation(
    String form,
    String text,
    List<Integer> tokens,
    String finish,
    double seconds,
    double tokensPerSecond) {}
