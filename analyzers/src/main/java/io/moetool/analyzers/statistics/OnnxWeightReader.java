package io.moetool.analyzers.statistics;

import io.moetool.formats.BadInputException;
import io.moetool.formats.DType;
import io.moetool.formats.Shape;
import io.moetool.formats.TensorInfo;
import io.moetool.formats.TensorView;
import io.moetool.formats.exported.ExportedModel;
import io.moetool.formats.onnx.OnnxMoeLayer;
import io.moetool.formats.onnx.OnnxMoeLayer.ExpertTensor;
import io.moetool.formats.onnx.OnnxMoeLayer.Part;
import io.moetool.formats.onnx.OnnxMoeLayer.Router;
import io.moetool.formats.onnx.OnnxTensor;
import io.moetool.formats.publish.MappedPages;
import io.moetool.kernels.ElementDecoder;
import io.moetool.kernels.FloatMatrix;
import io.moetool.runtime.run.RunProgress;
import io.moetool.runtime.run.WorkPool;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** Sums up the weights of an ONNX model's experts and routers, without running it. */
public final class OnnxWeightReader {
  private final ExportedModel model;
  private final WorkPool pool;

  /** A reader of an open model. */
  public OnnxWeightReader(ExportedModel model, WorkPool pool) {
    this.model = model;
    this.pool = pool;
  }

  /**
   * Reads all experts and routers.
   *
   * @throws BadInputException if experts are stored as integers, a router was not found, or a
   *     tensor holds NaN or infinite values
   */
  public WeightStatistics read(RunProgress progress) {
    List<LayerWeightStatistics> layers = new ArrayList<>();
    int count = model.layers().size();
    for (OnnxMoeLayer layer : model.layers()) {
      progress.report("weights", layers.size(), count);
      layers.add(readLayer(layer));
    }
    progress.report("weights", count, count);
    return new WeightStatistics(layers, Optional.empty());
  }

  private LayerWeightStatistics readLayer(OnnxMoeLayer layer) {
    LayerWeightSums sums = new LayerWeightSums(pool, layer.experts());
    Router router =
        layer
            .router()
            .orElseThrow(() ->
                new BadInputException(
                    where(layer),
                    "its router was not found",
                    "choose a method that needs no weights"));
    OnnxTensor tensor = tensor(router.name());
    try (Arena arena = Arena.ofConfined()) {
      FloatMatrix stored =
          ElementDecoder.decode(
              arena, new TensorView(info(layer, tensor, tensor.shape()), tensor.bytes()));
      FloatMatrix rows = router.axis() == 0 ? stored : transposed(arena, stored);
      return sums.of(
          layer.layer(),
          expert -> readExpert(layer, expert),
          sums.routerGram(tensor.location(), router.name(), rows));
    }
  }

  private static FloatMatrix transposed(Arena arena, FloatMatrix matrix) {
    FloatMatrix result = FloatMatrix.allocate(arena, matrix.columns(), matrix.rows());
    for (int row = 0; row < matrix.rows(); row++) {
      for (int column = 0; column < matrix.columns(); column++) {
        result.set(column, row, matrix.get(row, column));
      }
    }
    return result;
  }

  private ExpertWeightSums readExpert(OnnxMoeLayer layer, int expert) {
    ExpertWeightSums sums = new ExpertWeightSums();
    for (ExpertTensor part : layer.tensors()) {
      if (part.part() == Part.COMPANION || part.expert().filter(e -> e != expert).isPresent()) {
        continue;
      }
      OnnxTensor tensor = tensor(part.name());
      TensorView view =
          part.expert().isPresent()
              ? new TensorView(info(layer, tensor, tensor.shape()), tensor.bytes())
              : new TensorView(
                  info(
                      layer,
                      tensor,
                      new Shape(tensor.shape().dims().subList(1, tensor.shape().rank()))),
                  tensor.slice(expert));
      sums.add(tensor.location(), view);
      MappedPages.release(view.bytes());
    }
    return sums;
  }

  private TensorInfo info(OnnxMoeLayer layer, OnnxTensor tensor, Shape shape) {
    DType dtype =
        tensor
            .dtype()
            .filter(type -> layer.operator() != OnnxMoeLayer.Operator.QMOE || type != DType.U8)
            .orElseThrow(() ->
                new BadInputException(
                    where(layer),
                    "%s holds integers, whose values are not compared".formatted(tensor.name()),
                    "plan on the checkpoint it was made from, from a mask, or by lot"));
    return new TensorInfo(tensor.name(), dtype, shape);
  }

  private OnnxTensor tensor(String name) {
    return Objects.requireNonNull(model.file().tensors().get(name));
  }

  private String where(OnnxMoeLayer layer) {
    return "%s, layer %d".formatted(model.file().path(), layer.layer());
  }
}
