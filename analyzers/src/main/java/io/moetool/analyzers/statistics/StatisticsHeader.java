package io.moetool.analyzers.statistics;

import io.moetool.formats.BadInputException;
import io.moetool.formats.json.Json;
import io.moetool.formats.safetensors.Quoted;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a statistics file says about itself: one JSON text in the file's metadata.
 *
 * @param formatVersion version of the file's form
 * @param model what was measured
 * @param data what it was run over; without fingerprints and domains if it was not
 * @param weights whether the file holds sums over weights
 * @param sample on how many tokens every expert was run
 */
record StatisticsHeader(
    int formatVersion,
    MeasuredModel model,
    MeasuredData data,
    boolean weights,
    SampleExtent sample) {
  static final int FORMAT_VERSION = 3;
  private static final String KEY = "moetool-statistics";
  private static final MeasuredData NO_DATA = new MeasuredData(List.of(), List.of());
  private static final String MEND = "analyze the model again";

  /** A larger matrix (1 GiB) in one layer is no model's, but an attempt to exhaust memory. */
  private static final long MAX_ELEMENTS = 1L << 27;

  static StatisticsHeader of(Statistics statistics) {
    return new StatisticsHeader(
        FORMAT_VERSION,
        statistics.model(),
        statistics.routed().map(RoutedStatistics::data).orElse(NO_DATA),
        statistics.weights().isPresent(),
        statistics.sampled().map(SampledStatistics::extent).orElse(SampleExtent.NONE));
  }

  Map<String, String> toMetadata() {
    return Map.of(KEY, Json.writeCompact(this));
  }

  static StatisticsHeader read(String where, Map<String, String> metadata) {
    String text = metadata.get(KEY);
    if (text == null) {
      throw new BadInputException(
          where, "it has no '%s' in its metadata, so it holds no statistics".formatted(KEY), MEND);
    }
    requireVersion(where, text);
    StatisticsHeader header =
        Json.readStrict(where + ", metadata '" + KEY + "'", text, StatisticsHeader.class);
    header.check(where);
    return header;
  }

  /** What was run, if anything was. */
  Optional<MeasuredData> measuredData() {
    return data.domains().isEmpty() ? Optional.empty() : Optional.of(data);
  }

  /** Whether every expert was run on some tokens. */
  boolean isSampled() {
    return sample.passes() > 0;
  }

  private static void requireVersion(String where, String text) {
    int version = Json.readObject(where, text).path("formatVersion").asInt(0);
    if (version != FORMAT_VERSION) {
      throw new BadInputException(
          where,
          "it has format version %d, this version of moetool reads %d"
              .formatted(version, FORMAT_VERSION),
          "analyze the model again with this version");
    }
  }

  private void check(String where) {
    require(where, !model.fingerprint().isBlank(), "the model has no fingerprint");
    require(
        where,
        model.experts() >= 1
            && model.hidden() >= 1
            && (long) model.experts() * Math.max(model.experts(), model.hidden()) <= MAX_ELEMENTS,
        "%d experts per layer, hidden size %d".formatted(model.experts(), model.hidden()));
    require(
        where,
        model.expertsPerToken() >= 1 && model.expertsPerToken() <= model.experts(),
        "%d of %d experts per token".formatted(model.expertsPerToken(), model.experts()));
    requireLayers(where);
    requireData(where);
    requireSample(where);
  }

  private void requireSample(String where) {
    boolean none = sample.equals(SampleExtent.NONE);
    require(
        where,
        none
            || (sample.passes() >= 1
                && sample.passes() <= data.fingerprints().size()
                && sample.tokens() >= 1
                && sample.tokens() <= data.tokens()
                && isPart(sample.lossTokens(), 1)
                && isPart(sample.setTokens(), 0)
                && isPart(sample.similarityTokens(), sample.ofOnePass() ? 1 : 0)
                && (sample.ofOnePass() || sample.setTokens() == 0)),
        "a sample of %s in %d passes over data".formatted(sample, data.fingerprints().size()));
  }

  private boolean isPart(long tokens, int least) {
    return tokens >= least && tokens <= sample.tokens();
  }

  private void requireLayers(String where) {
    require(where, !model.moeLayers().isEmpty(), "no layer has experts");
    int previous = -1;
    for (int layer : model.moeLayers()) {
      require(
          where,
          layer > previous && layer < model.layers(),
          "layer %d among those with experts, %d layers in all".formatted(layer, model.layers()));
      previous = layer;
    }
  }

  private void requireData(String where) {
    require(
        where,
        data.domains().isEmpty() == data.fingerprints().isEmpty(),
        "%d domains of %d passes over data"
            .formatted(data.domains().size(), data.fingerprints().size()));
    HashSet<String> names = new HashSet<>();
    for (MeasuredData.Domain domain : data.domains()) {
      require(
          where,
          names.add(domain.name()),
          "domain %s appears twice".formatted(Quoted.of(domain.name())));
      require(
          where,
          domain.sequences() >= 1 && domain.tokens() >= domain.sequences(),
          "domain %s has %d sequences of %d tokens"
              .formatted(Quoted.of(domain.name()), domain.sequences(), domain.tokens()));
    }
    require(
        where,
        new HashSet<>(data.fingerprints()).size() == data.fingerprints().size(),
        "the same data is counted twice");
  }

  private static void require(String where, boolean holds, String problem) {
    if (!holds) {
      throw new BadInputException(where, "its metadata make no sense: " + problem, MEND);
    }
  }
}
