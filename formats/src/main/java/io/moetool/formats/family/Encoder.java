package io.moetool.formats.family;

/**
 * Layers that read a source, all of it at once, before the layers after them predict a text from
 * it.
 *
 * @param layers how many of the model's layers, the first ones, read the source
 * @param decoderStart id of the token that is put in front of every text
 */
public record Encoder(int layers, int decoderStart) {}
