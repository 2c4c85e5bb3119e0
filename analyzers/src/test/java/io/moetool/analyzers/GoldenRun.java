package io.moetool.analyzers;

import io.moetool.formats.checkpoint.CheckpointStore;
import io.moetool.formats.family.Architecture;
import io.moetool.formats.family.FamilyCatalog;
import io.moetool.formats.family.ModelConfig;
import io.moetool.runtime.ort.Device;
import io.moetool.runtime.ort.OrtEngine;
import io.moetool.runtime.run.CheckpointModel;
import io.moetool.runtime.run.ExpertMask;
import io.moetool.runtime.run.RunProgress;
import io.moetool.runtime.run.Taps;
import io.moetool.runtime.run.WorkPool;
import io.moetool.runtime.text.SequenceData;
import io.moetool.runtime.text.TokenSequence;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/** Runs of the golden checkpoints that are held against files of other people's numbers. */
public final class GoldenRun {
  private static final Path CHECKPOINTS = Path.of("../runtime/src/test/resources/golden");
  private static final OrtEngine ENGINE = OrtEngine.open(Device.CPU);

  private GoldenRun() {}

  /** Names of the checkpoints that a folder has a file of numbers for, sorted. */
  public static Stream<String> names(Path numbers) throws IOException {
    try (Stream<Path> files = Files.list(numbers)) {
      return files
          .map(file -> file.getFileName().toString().replace(".json", ""))
          .sorted()
          .toList()
          .stream();
    }
  }

  /** The sequences such a file says the numbers are for. */
  public static SequenceData sequences(JsonNode arrays) {
    return new SequenceData(
        arrays.valueStream().map(array -> new TokenSequence("all", ids(array).toArray())).toList());
  }

  /** Texts with their sources, as an encoder-decoder model reads them. */
  public static SequenceData sequencesWithSources(JsonNode rows, int decoderStart) {
    return new SequenceData(
        rows.valueStream()
            .map(row ->
                new TokenSequence(
                    "all",
                    ids(row.get("source")).toArray(),
                    IntStream.concat(IntStream.of(decoderStart), ids(row.get("target"))).toArray()))
            .toList());
  }

  private static IntStream ids(JsonNode array) {
    return array.valueStream().mapToInt(JsonNode::intValue);
  }

  /**
   * Runs a checkpoint.
   *
   * @param taps see it run
   */
  public static void observe(
      String name, SequenceData data, BiFunction<CheckpointStore, Architecture, Taps> taps) {
    observe(CHECKPOINTS.resolve(name), data, taps);
  }

  /** As {@link #observe(String, SequenceData, BiFunction)}, in a folder that is named whole. */
  public static void observe(
      Path folder, SequenceData data, BiFunction<CheckpointStore, Architecture, Taps> taps) {
    try (CheckpointStore store = CheckpointStore.open(folder);
        WorkPool pool = new WorkPool(2)) {
      Architecture architecture =
          FamilyCatalog.builtIn().resolve(ModelConfig.read(store.configFile()), store);
      new CheckpointModel(store, architecture, ENGINE, pool, ExpertMask.NONE)
          .observe(data, taps.apply(store, architecture), RunProgress.NONE);
    }
  }

  /** All numbers of an array of arrays, in order. */
  public static double[] numbers(JsonNode array) {
    List<Double> numbers = new ArrayList<>();
    flatten(array, numbers);
    return numbers.stream().mapToDouble(Double::doubleValue).toArray();
  }

  private static void flatten(JsonNode node, List<Double> into) {
    if (node.isArray()) {
      node.forEach(child -> flatten(child, into));
    } else {
      into.add(node.doubleValue());
    }
  }
}
