package io.moetool.transforms.compress;

import io.moetool.analyzers.neurons.NeuronEnergy;
import io.moetool.analyzers.statistics.MeasuredData;
import io.moetool.formats.BadInputException;
import io.moetool.formats.OutputTensor;
import io.moetool.formats.TensorStore;
import io.moetool.formats.checkpoint.CheckpointContent;
import io.moetool.formats.checkpoint.CheckpointFiles;
import io.moetool.formats.checkpoint.CheckpointWriter;
import io.moetool.formats.checkpoint.Manifest;
import io.moetool.formats.checkpoint.Manifest.Origin;
import io.moetool.formats.checkpoint.ShardPacking;
import io.moetool.formats.family.FamilyCatalog;
import io.moetool.formats.json.Json;
import io.moetool.formats.publish.Leftover;
import io.moetool.formats.publish.WriteProgress;
import io.moetool.runtime.ort.OrtEngine;
import io.moetool.runtime.run.CheckpointModel;
import io.moetool.runtime.run.ExpertMask;
import io.moetool.runtime.run.RunProgress;
import io.moetool.runtime.run.Taps;
import io.moetool.runtime.run.WorkPool;
import io.moetool.runtime.text.SequenceData;
import io.moetool.transforms.SoundCheckpoint;
import io.moetool.transforms.SourceModel;
import io.moetool.transforms.layout.NarrowedTensors;
import io.moetool.transforms.layout.NeuronCut;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.TreeMap;
import tools.jackson.databind.node.ObjectNode;

/**
 * Writes a checkpoint whose routed experts have lost the neurons that matter least, all of them the
 * same number. What is left computes what the source does with these neurons' activations set to
 * zero.
 */
public final class Compressor {
  private static final double NANOS = 1e9;

  private final SourceModel source;
  private final FamilyCatalog families;
  private final String toolVersion;

  /**
   * A compressor of one checkpoint.
   *
   * @param source stays open while this is used, and is not closed by it
   * @param toolVersion names the tool in plan and manifest
   */
  public Compressor(SourceModel source, FamilyCatalog families, String toolVersion) {
    this.source = source;
    this.families = families;
    this.toolVersion = toolVersion;
  }

  /**
   * Passes if experts can get this width; worth doing before the model is run.
   *
   * @throws BadInputException otherwise
   */
  public void requireWidth(int width) {
    SoundCheckpoint.require(source.architecture(), source.tensors());
    NarrowableModel.config(source, families, width);
  }

  /**
   * Runs the model over data and chooses the neurons that stay.
   *
   * @param maximumShare see {@link NeuronEnergy}
   */
  public WidthPlan plan(
      SequenceData data,
      int width,
      double maximumShare,
      OrtEngine engine,
      WorkPool pool,
      RunProgress progress) {
    NeuronEnergy energy =
        new NeuronEnergy(source.tensors(), source.architecture(), data, maximumShare);
    try (CheckpointModel model =
        new CheckpointModel(
            source.tensors(), source.architecture(), engine, pool, ExpertMask.NONE)) {
      model.observe(data, Taps.of(energy), progress);
    }
    return new WidthPlan(
        WidthPlan.FORMAT_VERSION,
        toolVersion,
        new WidthPlan.Source(source.fingerprint(), source.architecture().modelType()),
        WidthPlan.COMPRESS,
        WidthPlan.CAMERA,
        maximumShare,
        new WidthPlan.Data(MeasuredData.of(data).fingerprint(), data.tokens()),
        source.architecture().moe().expertWidth(),
        width,
        new TreeMap<>(energy.rankings())
            .entrySet().stream()
                .map(layer -> WidthPlan.LayerNeurons.of(layer.getKey(), layer.getValue(), width))
                .toList());
  }

  /** What {@link #compress} would do, for a plan or before there is one. */
  public CompressPreview preview(int width, OptionalLong shardBytes) {
    int[][] first = new int[source.architecture().moe().experts()][width];
    for (int[] neurons : first) {
      Arrays.setAll(neurons, neuron -> neuron);
    }
    Map<Integer, int[][]> kept = new TreeMap<>();
    source.architecture().moe().layers().forEach(layer -> kept.put(layer, first));
    List<NeuronCut> cuts = new NarrowedTensors(source.architecture(), kept).of(source.tensors());
    return preview(cuts, content(kept, width, "", shardBytes), width);
  }

  /**
   * Writes the result. No folder appears unless it is complete.
   *
   * @param where names the plan in messages
   * @param shardBytes most bytes of tensors in a weights file; empty keeps the source's
   *     distribution
   * @param output a folder that does not exist yet
   * @param leftover what to do with what an ended run has left of {@code output}
   * @throws BadInputException if the plan is not for this source, or {@code output} exists
   * @throws io.moetool.formats.EnvironmentException if the disk has no room or refuses
   */
  public CompressResult compress(
      String where,
      WidthPlan plan,
      OptionalLong shardBytes,
      Path output,
      Leftover leftover,
      WriteProgress progress) {
    long start = System.nanoTime();
    SoundCheckpoint.require(source.architecture(), source.tensors());
    Map<Integer, int[][]> kept = plan.neurons(where, source);
    List<NeuronCut> cuts = new NarrowedTensors(source.architecture(), kept).of(source.tensors());
    Map<String, Origin> origins = new TreeMap<>();
    cuts.forEach(cut ->
        origins.put(
            cut.target().name(),
            cut.isWhole()
                ? Origin.copyOf(cut.source().name())
                : Origin.madeFrom(List.of(cut.source().name()))));
    CheckpointContent content =
        content(kept, plan.widthAfter(), CompressedCard.text(source, plan), shardBytes);
    CheckpointWriter.write(
        output,
        source.files(),
        leftover,
        content,
        files ->
            Manifest.of(
                Manifest.Tool.current(toolVersion),
                new Manifest.Source(source.fingerprint(), source.config().modelType()),
                (ObjectNode) Json.tree(plan),
                files,
                name -> Objects.requireNonNull(origins.get(name))),
        progress);
    return CompressResult.of(
        output, preview(cuts, content, plan.widthAfter()), (System.nanoTime() - start) / NANOS);
  }

  private CheckpointContent content(
      Map<Integer, int[][]> kept, int width, String card, OptionalLong shardBytes) {
    NarrowedTensors narrowed = new NarrowedTensors(source.architecture(), kept);
    List<List<OutputTensor>> shards = new ArrayList<>();
    for (TensorStore shard : source.tensors().shards().values()) {
      shards.add(narrowed.of(shard).stream().map(cut -> cut.output(shard)).toList());
    }
    if (shardBytes.isPresent()) {
      List<OutputTensor> all = shards.stream().flatMap(List::stream).toList();
      shards = ShardPacking.greedy(all, shardBytes.getAsLong());
    }
    return new CheckpointContent(
        shards,
        NarrowableModel.config(source, families, width),
        card,
        CheckpointFiles.of(source.tensors().folder()));
  }

  private CompressPreview preview(List<NeuronCut> cuts, CheckpointContent content, int width) {
    int copied = (int) cuts.stream().filter(NeuronCut::isWhole).count();
    return new CompressPreview(
        source.tensors().tensorBytes(),
        content.tensorBytes(),
        content.diskBytes(),
        source.architecture().moe().experts(),
        source.architecture().moe().experts(),
        source.architecture().moe().expertWidth(),
        width,
        copied,
        cuts.size() - copied,
        content.shards().size());
  }
}
