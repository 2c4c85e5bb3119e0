package io.moetool;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.GeneralCodingRules.ACCESS_STANDARD_STREAMS;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.util.Random;

/**
 * The one direction of the project: each module sees only those before it, and each tool has one
 * home.
 */
@AnalyzeClasses(packages = "io.moetool", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
  @ArchTest
  static final ArchRule modulesDependInOneDirection =
      layeredArchitecture()
          .consideringOnlyDependenciesInLayers()
          .withOptionalLayers(true)
          .layer("formats")
          .definedBy("io.moetool.formats..")
          .layer("kernels")
          .definedBy("io.moetool.kernels..")
          .layer("runtime")
          .definedBy("io.moetool.runtime..")
          .layer("analyzers")
          .definedBy("io.moetool.analyzers..")
          .layer("transforms")
          .definedBy("io.moetool.transforms..")
          .layer("cli")
          .definedBy("io.moetool.cli..")
          .whereLayer("formats")
          .mayNotAccessAnyLayer()
          .whereLayer("kernels")
          .mayOnlyAccessLayers("formats")
          .whereLayer("runtime")
          .mayOnlyAccessLayers("formats", "kernels")
          .whereLayer("analyzers")
          .mayOnlyAccessLayers("formats", "kernels", "runtime")
          .whereLayer("transforms")
          .mayOnlyAccessLayers("formats", "kernels", "runtime", "analyzers")
          .whereLayer("cli")
          .mayNotBeAccessedByAnyLayer()
          .because("a step reads what came before it and nothing reaches back");

  @ArchTest
  static final ArchRule packagesFormNoCycles =
      slices()
          .matching("io.moetool.(**)")
          .should()
          .beFreeOfCycles()
          .because("a package is understood with those below it, and without the rest");

  @ArchTest
  static final ArchRule onlyKernelsUseTheVectorApi =
      noClasses()
          .that()
          .resideOutsideOfPackage("io.moetool.kernels..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("jdk.incubator..")
          .because(
              "the API incubates: when it changes, one module changes, and it has a scalar twin there");

  @ArchTest
  static final ArchRule onlyRuntimeUsesNativeEngines =
      noClasses()
          .that()
          .resideOutsideOfPackage("io.moetool.runtime..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("ai.onnxruntime..", "ai.djl..")
          .because("native libraries are loaded, and their failures explained, in one place");

  @ArchTest
  static final ArchRule onlyOnnxFormatUsesProtobuf =
      noClasses()
          .that()
          .resideOutsideOfPackage("io.moetool.formats.onnx..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("com.google.protobuf..", "io.moetool.formats.onnx.proto..")
          .because("the rest of the project reads and builds graphs in its own words");

  @ArchTest
  static final ArchRule onlyCliUsesPicocli =
      noClasses()
          .that()
          .resideOutsideOfPackage("io.moetool.cli..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("picocli..")
          .because("everything below is usable as a library");

  @ArchTest
  static final ArchRule onlyCliUsesStandardStreams =
      noClasses()
          .that()
          .resideOutsideOfPackage("io.moetool.cli..")
          .should(ACCESS_STANDARD_STREAMS)
          .because("standard output belongs to the result that a command prints");

  @ArchTest
  static final ArchRule onlyCliEndsTheJvm =
      noClasses()
          .that()
          .resideOutsideOfPackage("io.moetool.cli..")
          .should()
          .callMethod(System.class, "exit", int.class)
          .orShould()
          .callMethod(Runtime.class, "exit", int.class)
          .orShould()
          .callMethod(Runtime.class, "halt", int.class)
          .because("failures are exceptions; one place turns them into exit codes");

  @ArchTest
  static final ArchRule applyingAPlanReadsNoReports =
      noClasses()
          .that()
          .resideInAPackage("io.moetool.transforms.apply..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("io.moetool.analyzers..")
          .allowEmptyShould(true)
          .because("what was approved in the plan is what happens");

  @ArchTest
  static final ArchRule nothingUsesUnsafe =
      noClasses()
          .should()
          .dependOnClassesThat()
          .resideInAPackage("sun.misc..")
          .because("MemorySegment checks its bounds, Unsafe does not and is going away");

  @ArchTest
  static final ArchRule nothingUsesALoggingFramework =
      noClasses()
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("org.slf4j..", "java.util.logging..", "org.apache.logging..")
          .because("libraries use System.Logger, which leaves the choice to the application");

  @ArchTest
  static final ArchRule randomNumbersHaveASeed =
      noClasses()
          .should()
          .callConstructor(Random.class)
          .orShould()
          .callMethod(Math.class, "random")
          .orShould()
          .callMethod("java.util.concurrent.ThreadLocalRandom", "current")
          .because("the same input gives the same bytes");
}
