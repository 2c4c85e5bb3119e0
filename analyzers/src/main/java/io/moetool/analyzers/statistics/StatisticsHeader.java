package io.moetool.analyzers.statistics;

import io.moetool.formats.BadInputException;
import io.moetool.formats.json.Json;
import io.moetool.formats.safetensors.Quoted;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a statistics file says about itself: one JSON text in the file's metadata.
 *
 * @param formatVersion version of the file's form
 * @param model what was measured
 * @param data what it was run over; without fingerprints and domains if it was not
 * @param weights whether the file holds sums over weights
 * @param sample on how many tokens of texts every expert was run
 * @param sourceSample on how many tokens of sources; none for models without an encoder
 */
record StatisticsHeader(
    int formatVersion,
    MeasuredModel model,
    MeasuredData data,
    boolean weights,
    SampleExtent sample,
    SampleExtent sourceSample) {
  static final int FORMAT_VERSION = 4;

  /** The version before: without encoders and capacities. */
  private static final int WITHOUT_SOURCES = 3;

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
        extent(statistics, false),
        extent(statistics, true));
  }

  private static SampleExtent extent(Statistics statistics, boolean ofSources) {
    return statistics.sampled().stream()
        .flatMap(sampled -> sampled.layers().stream())
        .filter(layer -> statistics.model().readsSource(layer.layer()) == ofSources)
        .map(LayerSample::extent)
        .findFirst()
        .orElse(SampleExtent.NONE);
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
    StatisticsHeader header =
        Json.readStrict(
            where + ", metadata '" + KEY + "'", current(where, text), StatisticsHeader.class);
    header.check(where);
    return header;
  }

  /** What was run, if anything was. */
  Optional<MeasuredData> measuredData() {
    return data.domains().isEmpty() ? Optional.empty() : Optional.of(data);
  }

  /** Whether every expert was run on some tokens. */
  boolean isSampled() {
    return passes() > 0;
  }

  /** Whether what a sample shows beyond sums is known. */
  boolean isOfOnePass() {
    return passes() == 1;
  }

  private int passes() {
    return Math.max(sample.passes(), sourceSample.passes());
  }

  /** On how many tokens every expert of a layer was run. */
  SampleExtent sampleOf(int layer) {
    return model.readsSource(layer) ? sourceSample : sample;
  }

  /** What a header says in the words of this version. */
  private static String current(String where, String text) {
    ObjectNode header = Json.readObject(where, text);
    int version = header.path("formatVersion").asInt(0);
    if (version == FORMAT_VERSION) {
      return text;
    }
    if (version != WITHOUT_SOURCES) {
      throw new BadInputException(
          where,
          "it has format version %d, this version of moetool reads %d and %d"
              .formatted(version, WITHOUT_SOURCES, FORMAT_VERSION),
          "analyze the model again with this version");
    }
    header.put("formatVersion", FORMAT_VERSION);
    header.set("sourceSample", Json.tree(SampleExtent.NONE));
    if (header.path("model") instanceof ObjectNode model) {
      model.put("encoderLayers", 0);
      model.putNull("expertCapacity");
    }
    for (JsonNode domain : header.path("data").path("domains")) {
      if (domain instanceof ObjectNode fields) {
        fields.put("sourceTokens", 0);
      }
    }
    return header.toString();
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
    require(
        where,
        model.expertCapacity().orElse(1) >= 1,
        "experts take %d tokens".formatted(model.expertCapacity().orElse(1)));
    requireLayers(where);
    requireData(where);
    requireSample(where, sample, data.tokens());
    requireSample(where, sourceSample, data.sourceTokens());
    require(
        where,
        !isSampled() || model.moeLayers().stream().allMatch(this::isSampledIn),
        "samples of %d tokens of texts and %d of sources in %d and %d passes"
            .formatted(
                sample.tokens(), sourceSample.tokens(), sample.passes(), sourceSample.passes()));
  }

  private boolean isSampledIn(int layer) {
    return sampleOf(layer).passes() == passes();
  }

  private void requireSample(String where, SampleExtent extent, long tokens) {
    require(
        where,
        extent.equals(SampleExtent.NONE)
            || (extent.passes() >= 1
                && extent.passes() <= data.fingerprints().size()
                && extent.tokens() >= 1
                && extent.tokens() <= tokens
                && isPart(extent, extent.lossTokens(), 1)
                && isPart(extent, extent.setTokens(), 0)
                && isPart(extent, extent.similarityTokens(), extent.ofOnePass() ? 1 : 0)
                && (extent.ofOnePass() || extent.setTokens() == 0)),
        "a sample of %s in %d passes over data".formatted(extent, data.fingerprints().size()));
  }

  private static boolean isPart(SampleExtent extent, long tokens, int least) {
    return tokens >= least && tokens <= extent.tokens();
  }

  private void requireLayers(String where) {
    require(where, !model.moeLayers().isEmpty(), "no layer has experts");
    require(
        where,
        model.encoderLayers() >= 0 && model.encoderLayers() <= model.layers(),
        "%d of %d layers read a source".formatted(model.encoderLayers(), model.layers()));
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
          domain.sequences() >= 1
              && domain.tokens() >= domain.sequences()
              && (model.encoderLayers() == 0
                  ? domain.sourceTokens() == 0
                  : domain.sourceTokens() >= domain.sequences()),
          "domain %s has %d sequences of %d tokens and %d of sources"
              .formatted(
                  Quoted.of(domain.name()),
                  domain.sequences(),
                  domain.tokens(),
                  domain.sourceTokens()));
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
