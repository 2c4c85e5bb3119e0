package io.moetool.transforms.exported;

import io.moetool.analyzers.inspect.Loading;
import io.moetool.analyzers.inspect.OnnxInspector;
import io.moetool.analyzers.statistics.MeasuredModel;
import io.moetool.formats.BadInputException;
import io.moetool.formats.exported.ExportedModel;
import io.moetool.formats.family.Architecture;
import io.moetool.formats.family.ExpertFunction;
import io.moetool.formats.family.MoeBlock;
import io.moetool.formats.family.RoutedExpert;
import io.moetool.formats.family.RouterSpec;
import io.moetool.formats.family.StackLayout;
import io.moetool.formats.onnx.OnnxCut;
import io.moetool.formats.onnx.OnnxMoeLayer;
import io.moetool.formats.onnx.OnnxMoeLayer.Change;
import io.moetool.formats.onnx.OnnxMoeLayer.Cut;
import io.moetool.formats.onnx.OnnxMoeLayer.ExpertTensor;
import io.moetool.formats.onnx.OnnxTensor;
import io.moetool.transforms.layout.ExpertPlaces;
import io.moetool.transforms.plan.Evidence;
import io.moetool.transforms.plan.Plan;
import io.moetool.transforms.plan.PlannedModel;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** An ONNX model to plan for. */
public final class PlannedExport implements PlannedModel {
  private final ExportedModel model;
  private final String fingerprint;
  private final MoeBlock moe;

  private PlannedExport(ExportedModel model) {
    this.model = model;
    this.fingerprint = model.file().fingerprint();
    this.moe = model.architecture().map(Architecture::moe).orElseGet(() -> byGraph(model));
  }

  /**
   * A model from which experts can be taken away.
   *
   * @param model stays open while this is used, and is not closed by it
   * @throws BadInputException if they cannot, or layers have different numbers of them
   */
  public static PlannedExport of(ExportedModel model) {
    OnnxCut.require(model.file(), model.layers());
    OnnxMoeLayer first = model.layers().getFirst();
    for (OnnxMoeLayer layer : model.layers()) {
      String where = "%s, layer %d".formatted(model.file().path(), layer.layer());
      if (layer.experts() != first.experts()
          || layer.expertsPerToken() != first.expertsPerToken()) {
        throw new BadInputException(
            where,
            "it has %d experts, %d per token; layer %d has %d and %d"
                .formatted(
                    layer.experts(),
                    layer.expertsPerToken(),
                    first.layer(),
                    first.experts(),
                    first.expertsPerToken()),
            "plans are for models with the same experts in every layer");
      }
      if (layer.groups() > 1 && model.architecture().isEmpty()) {
        throw new BadInputException(
            where,
            "its router divides experts into groups, and no config of a known family says how it ranks them",
            "put the config.json of the checkpoint it was made from beside it");
      }
    }
    return new PlannedExport(model);
  }

  /** Plans ask for counts and routing alone; how an expert computes makes no difference to them. */
  private static MoeBlock byGraph(ExportedModel model) {
    OnnxMoeLayer layer = model.layers().getFirst();
    return new MoeBlock(
        model.layers().stream().map(OnnxMoeLayer::layer).toList(),
        layer.experts(),
        1,
        new RoutedExpert(layer.width(), new ExpertFunction.GatedSilu(), false, StackLayout.PLAIN),
        RouterSpec.softmaxThenTopK(layer.expertsPerToken(), layer.renormalised()),
        false,
        OptionalInt.empty(),
        Optional.empty());
  }

  /** What statistics and lists of experts have to be about; the same as the checkpoint's. */
  public MeasuredModel measured(String of) {
    OnnxMoeLayer first = model.layers().getFirst();
    return MeasuredModel.ofDecoder(
        of,
        model.modelType(),
        model.architecture().map(Architecture::layers).orElse(model.layers().getLast().layer() + 1),
        moe.layers(),
        moe.experts(),
        moe.routing().expertsPerToken(),
        first.hidden());
  }

  /** Evidence about the checkpoint that this model was made from is evidence about this model. */
  public Evidence adopt(Evidence evidence) {
    return isOfSource(evidence.fingerprint())
        ? new Evidence(
            evidence.where(),
            fingerprint,
            evidence.method(),
            evidence.seed(),
            evidence.domains(),
            evidence.statistics(),
            evidence.layers())
        : evidence;
  }

  /** A plan for the checkpoint that this model was made from, as a plan for this model. */
  public Plan adopt(Plan plan) {
    return isOfSource(plan.source().fingerprint())
        ? plan.forSource(
            new Plan.Source(
                fingerprint,
                plan.source().modelType(),
                plan.source().routers(),
                Optional.of(plan.source().fingerprint())),
            forecast(plan.places()))
        : plan;
  }

  private boolean isOfSource(String other) {
    return model.source().filter(other::equals).isPresent();
  }

  @Override
  public String fingerprint() {
    return fingerprint;
  }

  @Override
  public String modelType() {
    return model.modelType();
  }

  @Override
  public Optional<String> routers() {
    return Optional.empty();
  }

  @Override
  public MoeBlock moe() {
    return moe;
  }

  @Override
  public void requireUneven(String where) {
    throw new BadInputException(
        where,
        "layers keep different numbers of experts, and an ONNX model is cut to one number",
        "keep the same number in every layer (--budget uniform)");
  }

  @Override
  public boolean fillsPlaces() {
    return true;
  }

  @Override
  public long bytes(int kept) {
    return model.file().tensorBytes() - partOf(moe.experts() - kept);
  }

  /** Bytes that go with so many experts of every layer. */
  private long partOf(int experts) {
    return model.layers().stream()
            .flatMap(layer ->
                Stream.concat(
                    layer.tensors().stream().map(ExpertTensor::name),
                    layer.cuts().stream()
                        .filter(cut -> cut.change() == Change.SLICES)
                        .map(Cut::tensor)))
            .collect(Collectors.toSet())
            .stream()
            .mapToLong(name -> tensor(name).bytes().byteSize() / moe.experts())
            .sum()
        * experts;
  }

  @Override
  public long activeParameters(int kept) {
    long routerRows =
        model.layers().stream()
            .flatMap(layer -> layer.router().stream())
            .mapToLong(router -> router.shape().elements() / moe.experts())
            .sum();
    return new OnnxInspector(model).inspect().activeParameters()
        - routerRows * (moe.experts() - kept);
  }

  @Override
  public Plan.Forecast forecast(ExpertPlaces places) {
    return new Plan.Forecast(
        model.file().tensorBytes(),
        OnnxCut.of(model.file(), model.layers(), places.stored()).tensorBytes());
  }

  @Override
  public List<Loading> loading(int expertsStored) {
    return List.of(
        new Loading(
            "ONNX Runtime", Loading.Verdict.YES, "where the source loads; any number of experts"));
  }

  @Override
  public List<String> warnings(int expertsStored) {
    return List.of();
  }

  private OnnxTensor tensor(String name) {
    return Objects.requireNonNull(model.file().tensors().get(name));
  }
}
