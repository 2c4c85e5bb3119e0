package io.moetool.maven;

import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The tool, ready to be started.
 *
 * @param jdk folder of the JDK it runs on
 * @param classPath its jars
 * @param jvmArguments further arguments of its JVM
 */
record ToolInstallation(Path jdk, List<Path> classPath, List<String> jvmArguments) {
  /** What the tool's own launcher gives to the JVM. */
  static final List<String> JVM_ARGUMENTS =
      List.of(
          "--add-modules=jdk.incubator.vector",
          "--enable-native-access=ALL-UNNAMED",
          "-XX:MaxRAMPercentage=50",
          "-Duser.language=en",
          "-Dai.djl.offline=true");

  private static final String MAIN_CLASS = "io.moetool.cli.Moetool";

  /** A command line for the operating system. */
  List<String> commandLine(String command, List<String> arguments) {
    List<String> line = new ArrayList<>();
    line.add(JdkSearch.java(jdk).toString());
    line.addAll(JVM_ARGUMENTS);
    line.addAll(jvmArguments);
    line.add("-cp");
    line.add(
        classPath.stream().map(Path::toString).collect(Collectors.joining(File.pathSeparator)));
    line.add(MAIN_CLASS);
    line.add(command);
    line.addAll(arguments);
    return line;
  }
}
