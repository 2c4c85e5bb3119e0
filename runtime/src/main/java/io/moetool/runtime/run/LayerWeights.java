package io.moetool.runtime.run;

import io.moetool.formats.BadInputException;
import io.moetool.formats.DType;
import io.moetool.formats.Shape;
import io.moetool.formats.TensorInfo;
import io.moetool.formats.TensorStore;
import io.moetool.formats.TensorView;
import io.moetool.formats.family.Architecture;
import io.moetool.formats.family.ExpertTensors;
import io.moetool.formats.family.TensorNames;
import io.moetool.formats.family.TensorRole;
import io.moetool.formats.onnx.OnnxType;
import io.moetool.formats.publish.MappedPages;
import io.moetool.formats.quantisation.WeightView;
import io.moetool.kernels.WeightDecoder;
import io.moetool.runtime.graph.Piece;
import io.moetool.runtime.graph.StoredTypes;
import io.moetool.runtime.graph.WeightBinding;
import io.moetool.runtime.ort.OrtInputs;
import java.lang.foreign.Arena;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;

/**
 * The weights of one layer, handed to its pieces where they lie if their type can be computed with.
 * Others are decoded to float32: those of the layer once, those of an expert whenever it is used,
 * so that memory holds no more than one layer without experts and one expert per thread.
 */
final class LayerWeights implements StoredTypes, AutoCloseable {
  private final TensorStore store;
  private final TensorNames names;
  private final ExpertTensors experts;
  private final int expertCount;
  private final int layer;
  private final boolean frugal;
  private final Arena decoded;
  private final Map<WeightBinding.Weight, TensorView> ofLayer = new ConcurrentHashMap<>();
  private final Map<WeightBinding.Weight, TensorInfo> layouts = new ConcurrentHashMap<>();

  /** Weights of a layer. */
  LayerWeights(TensorStore store, Architecture architecture, int layer) {
    this(store, architecture, layer, false);
  }

  /**
   * Weights of a layer.
   *
   * @param frugal whether pages of mapped files are given back as soon as they were used
   */
  LayerWeights(TensorStore store, Architecture architecture, int layer, boolean frugal) {
    this(
        store, architecture.names(), architecture.moe().experts(), layer, frugal, Arena.ofShared());
  }

  private LayerWeights(
      TensorStore store,
      TensorNames names,
      int expertCount,
      int layer,
      boolean frugal,
      Arena decoded) {
    this.frugal = frugal;
    this.store = store;
    this.names = names;
    this.experts = new ExpertTensors(names);
    this.expertCount = expertCount;
    this.layer = layer;
    this.decoded = decoded;
  }

  /** The weights that this layer has in another store; to be used until this is closed. */
  LayerWeights in(TensorStore other) {
    return new LayerWeights(other, names, expertCount, layer, frugal, decoded);
  }

  /** Adds the weights a piece asks for to its inputs. */
  void bind(Piece piece, OrtInputs inputs) {
    for (WeightBinding binding : piece.weights()) {
      TensorView whole = ofLayer.computeIfAbsent(binding.weight(), w -> view(decoded, w, 0));
      inputs.with(binding.input(), rows(whole, binding.rows()));
    }
  }

  /**
   * Adds the weights a piece asks for to its inputs, those of experts being this expert's.
   *
   * @param arena takes weights that have to be decoded; must outlive the run
   */
  void bind(Piece piece, int expert, Arena arena, OrtInputs inputs) {
    for (WeightBinding binding : piece.weights()) {
      inputs.with(binding.input(), rows(view(arena, binding.weight(), expert), binding.rows()));
    }
  }

  /** Says that an expert was used for now. */
  void passed(Piece piece, int expert) {
    if (frugal) {
      for (WeightBinding binding : piece.weights()) {
        TensorRole role = binding.weight().role();
        if (role.isOfOneExpert()) {
          release(experts.view(store, role, layer, expert));
        }
      }
    }
  }

  /** Says that the layer was used for now. */
  void passed() {
    if (frugal) {
      ofLayer.values().forEach(view -> MappedPages.release(view.bytes()));
    }
  }

  private static void release(WeightView stored) {
    stored.tensors().forEach(tensor -> MappedPages.release(tensor.bytes()));
  }

  /** Type of a weight as it is handed out; the same for all experts. */
  @Override
  public OnnxType type(TensorRole role, boolean bias) {
    TensorInfo info = info(role, bias);
    return OnnxType.of(info.dtype())
        .filter(LayerWeights::isFloat)
        .orElseThrow(() ->
            new BadInputException(
                store.location(info.name()) + ": tensor " + info.name(),
                "biases of type %s cannot be run".formatted(info.dtype()),
                "supported: F32, F16, BF16"));
  }

  @Override
  public Shape shape(TensorRole role, boolean bias) {
    return info(role, bias).shape();
  }

  private static TensorView rows(TensorView whole, WeightBinding.Rows rows) {
    Shape shape = whole.shape();
    if (shape.rank() == 0 || rows.to() - rows.from() == shape.dim(0)) {
      return whole;
    }
    long rowBytes = whole.bytes().byteSize() / shape.dim(0);
    return new TensorView(
        whole.info().withShape(shape.withDim(0, rows.to() - rows.from())),
        whole.bytes().asSlice(rows.from() * rowBytes, (rows.to() - rows.from()) * rowBytes));
  }

  private TensorView view(Arena arena, WeightBinding.Weight weight, int expert) {
    TensorRole role = weight.role();
    if (weight.bias()) {
      return role.isOfAllExperts()
          ? experts.bias(store, role, layer, expert)
          : store.view(names.bias(role, layer));
    }
    WeightView stored = experts.view(store, role, layer, expert);
    TensorView values = WeightDecoder.values(arena, stored);
    TensorInfo wanted = info(role, false);
    if (values.dtype() != wanted.dtype()) {
      values = new TensorView(wanted, WeightDecoder.decode(arena, stored).segment());
    }
    if (frugal && !values.bytes().isMapped()) {
      release(stored);
    }
    return values;
  }

  private TensorInfo info(TensorRole role, boolean bias) {
    return layouts.computeIfAbsent(
        new WeightBinding.Weight(role, bias), _ -> bias ? biasLayout(role) : layout(role));
  }

  private TensorInfo biasLayout(TensorRole role) {
    return role.isOfAllExperts()
        ? experts.biasLayout(store, role, layer)
        : store.info(names.bias(role, layer));
  }

  /** Experts share a piece, so where their types differ, all are handed out in float32. */
  private TensorInfo layout(TensorRole role) {
    TensorInfo first = layout(role, 0);
    boolean same =
        !role.isOfOneExpert()
            || IntStream.range(1, expertCount)
                .allMatch(expert -> layout(role, expert).dtype() == first.dtype());
    return same ? first : new TensorInfo(first.name(), DType.F32, first.shape());
  }

  private TensorInfo layout(TensorRole role, int expert) {
    return WeightDecoder.layout(store, experts.layout(store, role, layer, expert));
  }

  private static boolean isFloat(OnnxType type) {
    return type == OnnxType.FLOAT || type == OnnxType.FLOAT16 || type == OnnxType.BFLOAT16;
  }

  /** Frees what was decoded. */
  @Override
  public void close() {
    decoded.close();
  }
}
