package io.moetool.transforms.validate;

/**
 * How far a candidate has come off its base after a layer with experts, as it is printed.
 *
 * @param layer index in the model
 * @param relativeError length of the difference of their hidden states after the layer by the
 *     length of the base's, over all tokens: square roots of sums of squares
 * @param cosine mean cosine of both hidden states
 * @param routingAgreement mean share of the base's chosen experts that the candidate chooses too,
 *     in the form they have there; an expert that is gone is never chosen
 */
public record LayerDifference(
    int layer, double relativeError, double cosine, double routingAgreement) {}
