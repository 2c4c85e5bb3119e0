package io.moetool.transforms.compress;

import io.moetool.analyzers.neurons.NeuronEnergy;
import io.moetool.formats.BadInputException;
import io.moetool.formats.checkpoint.CheckpointWriter;
import io.moetool.formats.checkpoint.Manifest;
import io.moetool.formats.family.FamilyCatalog;
import io.moetool.formats.json.Json;
import io.moetool.formats.publish.Leftover;
import io.moetool.formats.publish.WriteProgress;
import io.moetool.runtime.ort.OrtEngine;
import io.moetool.runtime.run.RunProgress;
import io.moetool.runtime.run.SampledTokens;
import io.moetool.runtime.run.Taps;
import io.moetool.runtime.run.WorkPool;
import io.moetool.runtime.text.SequenceData;
import io.moetool.transforms.SoundCheckpoint;
import io.moetool.transforms.SourceModel;
import io.moetool.transforms.layout.ScaledElements;
import io.moetool.transforms.plan.Repair;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;
import tools.jackson.databind.node.ObjectNode;

/**
 * Writes a checkpoint whose routed experts are smaller, or of which a token uses fewer. Loads where
 * the source loads.
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
   * A plan for narrower experts that keeps the first neurons: it has the sizes of {@link
   * #byEnergy}, for which the model need not be run.
   *
   * @throws BadInputException if experts cannot get this width
   */
  public WidthPlan outlineOfWidth(int width) {
    SoundCheckpoint.require(source.architecture(), source.tensors());
    NarrowableModel.config(source, families, width);
    return WidthPlan.ofFirstNeurons(toolVersion, source, width);
  }

  /**
   * Runs the model over data and chooses the neurons that stay, by their energy.
   *
   * @param maximumShare see {@link NeuronEnergy}
   */
  public WidthPlan byEnergy(
      SequenceData data,
      int width,
      double maximumShare,
      OrtEngine engine,
      WorkPool pool,
      RunProgress progress) {
    NeuronEnergy energy =
        new NeuronEnergy(source.tensors(), source.architecture(), data, maximumShare);
    source.observe(data, Taps.of(energy), engine, pool, progress);
    return WidthPlan.byEnergy(toolVersion, source, width, maximumShare, data, energy.rankings());
  }

  /**
   * A plan for fewer experts per token that leaves all weights as they are.
   *
   * @throws BadInputException if a token cannot be given that many experts
   */
  public TopKPlan fewerExperts(int expertsPerToken) {
    SoundCheckpoint.require(source.architecture(), source.tensors());
    TopKPlan plan = TopKPlan.of(toolVersion, source, expertsPerToken, Optional.empty());
    plan.config(source, families);
    return plan;
  }

  /**
   * Passes if outputs of experts can be multiplied, as {@link #fewerExperts(int, SequenceData, int,
   * OrtEngine, WorkPool, RunProgress)} does.
   *
   * @throws BadInputException otherwise
   */
  public void requireScalable() {
    ScaledElements.require(source.architecture(), source.tensors());
  }

  /**
   * Runs the model over data and fits what makes up for the experts that tokens no longer get.
   *
   * @param tokens how many tokens of the data are compared at most
   * @throws BadInputException if a token cannot be given that many experts, or outputs cannot be
   *     multiplied
   */
  public TopKPlan fewerExperts(
      int expertsPerToken,
      SequenceData data,
      int tokens,
      OrtEngine engine,
      WorkPool pool,
      RunProgress progress) {
    fewerExperts(expertsPerToken);
    requireScalable();
    FewerExpertsTap tap = new FewerExpertsTap(SampledTokens.evenly(data, tokens), expertsPerToken);
    source.observe(data, Taps.of(tap), engine, pool, progress);
    return TopKPlan.of(
        toolVersion,
        source,
        expertsPerToken,
        Optional.of(
            new Repair(Repair.SCALAR, data.fingerprint(), tap.sample().most(), tap.fitted())));
  }

  /** What {@link #compress} would do. */
  public CompressPreview preview(CompressPlan plan, OptionalLong shardBytes) {
    return new CompressWork(source, families, plan, shardBytes).preview();
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
      CompressPlan plan,
      OptionalLong shardBytes,
      Path output,
      Leftover leftover,
      WriteProgress progress) {
    long start = System.nanoTime();
    SoundCheckpoint.require(source.architecture(), source.tensors());
    plan.require(where, source, families);
    CompressWork work = new CompressWork(source, families, plan, shardBytes);
    CheckpointWriter.write(
        output,
        source.files(),
        leftover,
        work.content(),
        files ->
            Manifest.of(
                Manifest.Tool.current(toolVersion),
                source.inManifest(),
                (ObjectNode) Json.tree(plan),
                files,
                work::originOf),
        progress);
    return CompressResult.of(output, work.preview(), (System.nanoTime() - start) / NANOS);
  }
}
