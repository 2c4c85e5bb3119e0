package io.moetool.transforms.evaluate;

import java.util.SequencedMap;

/**
 * Result of running one model over data, as it is printed.
 *
 * @param form {@code checkpoint} or {@code onnx}
 * @param device {@code cpu} or {@code cuda}
 * @param compute arithmetic of the products
 * @param sequences number of sequences
 * @param tokens predicted tokens
 * @param meanNll nats per predicted token: total loss by total predicted tokens
 * @param perplexity {@code exp(meanNll)}
 * @param domains the same by domain, in order of first appearance
 * @param seconds wall time
 * @param tokensPerSecond predicted tokens per second of wall time
 */
public record Evaluation(
    String form,
    String device,
    String compute,
    int sequences,
    long tokens,
    double meanNll,
    double perplexity,
    SequencedMap<String, Loss> domains,
    double seconds,
    double tokensPerSecond) {}
