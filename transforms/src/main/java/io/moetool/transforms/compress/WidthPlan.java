package io.moetool.transforms.compress;

import io.moetool.analyzers.statistics.MeasuredData;
import io.moetool.formats.BadInputException;
import io.moetool.formats.document.Document;
import io.moetool.formats.family.Architecture;
import io.moetool.formats.family.FamilyCatalog;
import io.moetool.runtime.text.SequenceData;
import io.moetool.transforms.SourceModel;
import io.moetool.transforms.layout.NarrowedTensors;
import io.moetool.transforms.layout.PlannedTensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Which neurons of a checkpoint's routed experts stay. Components are the keys of the plan in the
 * manifest.
 *
 * @param formatVersion version of this document's form
 * @param toolVersion version of the tool that made it
 * @param source the checkpoint it was made for
 * @param action {@value CompressPlan#COMPRESS}
 * @param method how neurons were scored
 * @param maximumShare share of the greatest activation in a score; the sum of all has the rest
 * @param data what neurons were scored on
 * @param widthBefore neurons of an expert in the source
 * @param widthAfter neurons of an expert in the result
 * @param layers neurons that stay, for all layers with experts, ascending
 */
public record WidthPlan(
    int formatVersion,
    String toolVersion,
    Source source,
    String action,
    String method,
    Double maximumShare,
    Data data,
    int widthBefore,
    int widthAfter,
    List<LayerNeurons> layers)
    implements CompressPlan {
  /** The only version there is. */
  public static final int FORMAT_VERSION = 1;

  /** Neurons by their energy. */
  public static final String CAMERA = "camera";

  private static final Document<WidthPlan> DOCUMENT =
      new Document<>(WidthPlan.class, FORMAT_VERSION, "compress the model again");

  public WidthPlan {
    layers = List.copyOf(layers);
  }

  /**
   * What neurons were scored on.
   *
   * @param fingerprint of the calibration data
   * @param tokens tokens the model saw
   */
  public record Data(String fingerprint, long tokens) {}

  /**
   * The neurons that stay in a layer.
   *
   * @param layer index in the model
   * @param kept by expert: a bit for each neuron, eight to two hexadecimal digits, the first of
   *     them the lowest bit
   */
  public record LayerNeurons(int layer, List<String> kept) {
    public LayerNeurons {
      kept = List.copyOf(kept);
    }

    static LayerNeurons of(int layer, int[][] rankings, int widthAfter) {
      return new LayerNeurons(
          layer,
          Stream.of(rankings)
              .map(ranking -> NeuronMask.text(Arrays.copyOf(ranking, widthAfter), ranking.length))
              .toList());
    }
  }

  static WidthPlan byEnergy(
      String toolVersion,
      SourceModel source,
      int width,
      double maximumShare,
      SequenceData data,
      Map<Integer, int[][]> rankings) {
    return new WidthPlan(
        FORMAT_VERSION,
        toolVersion,
        Source.of(source),
        COMPRESS,
        CAMERA,
        maximumShare,
        new Data(MeasuredData.of(data).fingerprint(), data.tokens()),
        source.architecture().moe().expertWidth(),
        width,
        new TreeMap<>(rankings)
            .entrySet().stream()
                .map(layer -> LayerNeurons.of(layer.getKey(), layer.getValue(), width))
                .toList());
  }

  /** A plan of these sizes for which nothing was measured. */
  static WidthPlan ofFirstNeurons(String toolVersion, SourceModel source, int width) {
    int before = source.architecture().moe().expertWidth();
    int[][] inOrder = new int[source.architecture().moe().experts()][before];
    for (int[] neurons : inOrder) {
      Arrays.setAll(neurons, neuron -> neuron);
    }
    return new WidthPlan(
        FORMAT_VERSION,
        toolVersion,
        Source.of(source),
        COMPRESS,
        CAMERA,
        0.0,
        new Data("", 0),
        before,
        width,
        source.architecture().moe().layers().stream()
            .map(layer -> LayerNeurons.of(layer, inOrder, width))
            .toList());
  }

  static WidthPlan parse(String where, String text) {
    return DOCUMENT.parse(where, text);
  }

  @Override
  public void require(String where, SourceModel checkpoint, FamilyCatalog families) {
    neurons(where, checkpoint);
    config(checkpoint, families);
  }

  @Override
  public PlannedTensors tensors(SourceModel checkpoint) {
    NarrowedTensors narrowed =
        new NarrowedTensors(checkpoint.architecture(), neurons("the plan", checkpoint));
    return PlannedTensors.edited(checkpoint.tensors(), narrowed::of);
  }

  @Override
  public String config(SourceModel checkpoint, FamilyCatalog families) {
    return NarrowableModel.config(checkpoint, families, widthAfter);
  }

  @Override
  public int widthAfter(SourceModel checkpoint) {
    return widthAfter;
  }

  @Override
  public int expertsPerTokenAfter(SourceModel checkpoint) {
    return checkpoint.architecture().moe().routing().expertsPerToken();
  }

  /**
   * The neurons that stay, ascending, by layer and expert.
   *
   * @param where names the plan in messages
   * @throws BadInputException if the plan is not for this checkpoint
   */
  public Map<Integer, int[][]> neurons(String where, SourceModel checkpoint) {
    Architecture architecture = checkpoint.architecture();
    int experts = architecture.moe().experts();
    if (!source.fingerprint().equals(checkpoint.fingerprint())
        || widthBefore != architecture.moe().expertWidth()
        || widthAfter < 1
        || !layers.stream().map(LayerNeurons::layer).toList().equals(architecture.moe().layers())
        || layers.stream().anyMatch(layer -> layer.kept().size() != experts)) {
      throw new BadInputException(
          where, "it was made for another checkpoint", "compress this one itself");
    }
    Map<Integer, int[][]> neurons = new TreeMap<>();
    for (LayerNeurons layer : layers) {
      List<int[]> byExpert = new ArrayList<>();
      for (String mask : layer.kept()) {
        byExpert.add(NeuronMask.neurons(where + ", layer " + layer.layer(), mask, widthBefore));
      }
      if (byExpert.stream().anyMatch(kept -> kept.length != widthAfter)) {
        throw new BadInputException(
            where + ", layer " + layer.layer(),
            "not every expert keeps %d neurons".formatted(widthAfter),
            "a checkpoint has one width for all experts");
      }
      neurons.put(layer.layer(), byExpert.toArray(int[][]::new));
    }
    return neurons;
  }
}
