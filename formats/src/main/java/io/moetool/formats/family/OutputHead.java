package io.moetool.formats.family;

/**
 * What turns a final hidden state into logits.
 *
 * @param tied whether its weight is the embedding
 * @param bias whether it has a bias
 */
public record OutputHead(boolean tied, boolean bias) {}
