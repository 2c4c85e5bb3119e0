package io.moetool.cli;

import io.moetool.formats.family.Family;
import io.moetool.formats.family.FamilyCatalog;
import io.moetool.transforms.evaluate.OpenModel;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** What a model of an unknown type is taken for. */
final class FamilyOption {
  @Option(
      names = "--family",
      paramLabel = "TYPE",
      converter = Assumption.class,
      description =
          "Take a checkpoint whose model type is not known for one of this model type, because it"
              + " computes the same.")
  private Optional<FamilyCatalog> assuming = Optional.empty();

  /** Families of which one is assumed, by a model type that means it. */
  static final class Assumption implements ITypeConverter<FamilyCatalog> {
    @Override
    public FamilyCatalog convert(String type) {
      FamilyCatalog families = FamilyCatalog.builtIn();
      Family family =
          families
              .ofModelType(type)
              .orElseThrow(() ->
                  new TypeConversionException(
                      "'%s' is not known; known: %s".formatted(type, types(families))));
      return families.assuming(family);
    }

    private static String types(FamilyCatalog families) {
      return families.families().stream()
          .flatMap(family -> family.modelTypes().stream())
          .collect(Collectors.joining(", "));
    }
  }

  /** The families as the user wants them taken. */
  FamilyCatalog catalog() {
    return assuming.orElseGet(FamilyCatalog::builtIn);
  }

  /** ONNX models say themselves how they compute. */
  void refuseWithoutCheckpoint(CommonOptions common, List<Path> models) {
    if (assuming.isPresent() && models.stream().allMatch(OpenModel::isOnnx)) {
      throw common.usage("--family is about checkpoints, and no model here is one");
    }
  }
}
