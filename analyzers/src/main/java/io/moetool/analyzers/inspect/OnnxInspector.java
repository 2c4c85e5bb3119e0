package io.moetool.analyzers.inspect;

import io.moetool.formats.DType;
import io.moetool.formats.exported.ExportedModel;
import io.moetool.formats.family.Architecture;
import io.moetool.formats.family.Finding;
import io.moetool.formats.family.MoeBlock;
import io.moetool.formats.family.TensorPlace;
import io.moetool.formats.family.TensorRole;
import io.moetool.formats.onnx.OnnxMoeLayer;
import io.moetool.formats.onnx.OnnxMoeLayer.ExpertTensor;
import io.moetool.formats.onnx.OnnxMoeLayer.Part;
import io.moetool.formats.onnx.OnnxMoeLayer.Router;
import io.moetool.formats.onnx.OnnxTensor;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.ToIntFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Adds up what the graph of an ONNX model and the extents of its tensors say. */
public final class OnnxInspector {
  private static final Pattern CACHE = Pattern.compile("past_key_values\\.(\\d{1,6})\\..*");
  private static final Set<DType> FLOATS =
      EnumSet.of(DType.F16, DType.BF16, DType.F32, DType.F64, DType.F8_E4M3, DType.F8_E5M2);

  private final ExportedModel model;
  private final Map<String, TensorRole.Group> groups = new HashMap<>();

  /** An inspector of an open model; no weight is read. */
  public OnnxInspector(ExportedModel model) {
    this.model = model;
    for (OnnxMoeLayer layer : model.layers()) {
      layer.router().ifPresent(router -> groups.put(router.name(), TensorRole.Group.ROUTER));
      layer.tensors().forEach(t -> groups.put(t.name(), TensorRole.Group.ROUTED_EXPERTS));
    }
  }

  /** The model, by its graph. */
  public OnnxInspection inspect() {
    Map<TensorRole.Group, Long> byGroup = new EnumMap<>(TensorRole.Group.class);
    Map<String, Long> dtypes = new TreeMap<>();
    long others = 0;
    for (OnnxTensor tensor : model.file().tensors().values()) {
      TensorRole.Group group = group(tensor.name());
      byGroup.merge(group, tensor.bytes().byteSize(), Math::addExact);
      dtypes.merge(tensor.typeName(), tensor.shape().elements(), Math::addExact);
      if (group != TensorRole.Group.ROUTED_EXPERTS && isWeight(tensor)) {
        others = Math.addExact(others, tensor.shape().elements());
      }
    }
    Map<String, Long> bytesByRole = new LinkedHashMap<>();
    byGroup.forEach((group, size) -> bytesByRole.put(group.key(), size));
    long active = others;
    long routed = 0;
    for (OnnxMoeLayer layer : model.layers()) {
      long held = held(layer);
      routed += held;
      active += held / layer.experts() * layer.expertsPerToken();
    }
    return new OnnxInspection(
        "onnx",
        model.modelType(),
        model.architecture().map(Architecture::family).orElse(""),
        model.layers().stream().map(layer -> layer.operator().words()).distinct().toList(),
        layers(),
        model.layers().size(),
        most(OnnxMoeLayer::experts),
        most(OnnxMoeLayer::expertsPerToken),
        sharedExperts(),
        most(OnnxMoeLayer::hidden),
        most(OnnxMoeLayer::width),
        model.layers().isEmpty() ? "" : model.layers().getFirst().activation(),
        vocabulary(),
        others + routed,
        active,
        model.file().tensorBytes(),
        bytesByRole,
        dtypes,
        model.file().tensors().size(),
        model.file().fingerprint(),
        model.source().orElse(""),
        model.layers().stream().map(this::described).toList(),
        findings());
  }

  private TensorRole.Group group(String name) {
    return Optional.ofNullable(groups.get(name))
        .or(() -> place(name).map(TensorPlace::role).map(TensorRole::group))
        .orElse(TensorRole.Group.OTHER);
  }

  private Optional<TensorPlace> place(String name) {
    return model.architecture().flatMap(known -> known.names().place(name));
  }

  /**
   * Whether a tensor beside the experts is a weight, and not a table or a constant: by its name
   * where names are known, otherwise by its type.
   */
  private boolean isWeight(OnnxTensor tensor) {
    return model.architecture().isPresent()
        ? place(tensor.name()).isPresent() || groups.containsKey(tensor.name())
        : tensor.dtype().filter(FLOATS::contains).isPresent();
  }

  /** Weights of a layer's experts: matrices and biases, whatever they are stored as. */
  private long held(OnnxMoeLayer layer) {
    long held = 0;
    for (ExpertTensor tensor : layer.tensors()) {
      OnnxTensor stored = tensor(tensor);
      if (tensor.part() == Part.COMPANION) {
        held += layer.operator() == OnnxMoeLayer.Operator.QMOE ? 0 : stored.shape().elements();
      } else if (layer.operator() == OnnxMoeLayer.Operator.QMOE) {
        // Rows of integers are packed, so their number of columns is not what is stored.
        long columns = tensor.part() == Part.DOWN ? layer.width() : layer.hidden();
        held += stored.shape().dim(0) * stored.shape().dim(1) * columns;
      } else {
        held += stored.shape().elements();
      }
    }
    return held;
  }

  private OnnxInspection.Layer described(OnnxMoeLayer layer) {
    return new OnnxInspection.Layer(
        layer.layer(),
        layer.operator().words(),
        layer.node(),
        layer.experts(),
        layer.expertsPerToken(),
        layer.router().map(Router::name).orElse(""),
        layer.tensors().stream().mapToLong(t -> tensor(t).bytes().byteSize()).sum());
  }

  private OnnxTensor tensor(ExpertTensor tensor) {
    return Objects.requireNonNull(model.file().tensors().get(tensor.name()));
  }

  private int layers() {
    Set<String> cached = new HashSet<>();
    for (String input : model.file().inputs().keySet()) {
      Matcher matcher = CACHE.matcher(input);
      if (matcher.matches()) {
        cached.add(matcher.group(1));
      }
    }
    int last = model.layers().isEmpty() ? 0 : model.layers().getLast().layer() + 1;
    return model.architecture().map(Architecture::layers).orElse(Math.max(cached.size(), last));
  }

  private int sharedExperts() {
    return model
        .architecture()
        .map(known -> known.moe().shared().map(MoeBlock.SharedExpert::count).orElse(0))
        .orElseGet(() ->
            model.file().tensors().keySet().stream().anyMatch(n -> n.contains("shared_expert"))
                ? 1
                : 0);
  }

  private long vocabulary() {
    List<Long> logits = model.file().outputs().getOrDefault("logits", List.of());
    return logits.isEmpty() ? -1 : logits.getLast();
  }

  private int most(ToIntFunction<OnnxMoeLayer> count) {
    return model.layers().stream().mapToInt(count).max().orElse(0);
  }

  private List<Finding> findings() {
    List<Finding> findings = new ArrayList<>(model.findings());
    String where = model.file().path().toString();
    if (model.layers().isEmpty()) {
      findings.add(Finding.warning(where, model.file().noExperts()));
    }
    if (model.isUneven()) {
      findings.add(Finding.warning(where, "layers have different numbers of experts"));
    }
    for (OnnxMoeLayer layer : model.layers()) {
      layer
          .obstacle()
          .ifPresent(why ->
              findings.add(
                  Finding.warning(
                      "%s, layer %d".formatted(where, layer.layer()),
                      "its experts cannot be taken away: " + why)));
    }
    return findings;
  }
}
