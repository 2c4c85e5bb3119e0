package io.moetool.maven;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Finds an installed JDK that the tool runs on, where its launcher looks too. */
final class JdkSearch {
  /** Feature version of the JDK that the tool is compiled for. */
  static final int VERSION = 25;

  private static final Pattern RELEASE = Pattern.compile("JAVA_VERSION=\"(\\d+)[.\"].*");

  /** Folders whose entries are JDKs, and what leads from the entry to the JDK. */
  private static final Map<String, String> INSTALL_FOLDERS =
      Map.of(
          "/usr/lib/jvm", "",
          "/usr/lib64/jvm", "",
          "/usr/java", "",
          "/usr/local/java", "",
          "/opt", "",
          "/opt/java", "",
          "/opt/jdk", "",
          "/Library/Java/JavaVirtualMachines", "Contents/Home",
          "C:\\Program Files\\Java", "",
          "C:\\Program Files\\Eclipse Adoptium", "");

  private static final Map<String, String> HOME_FOLDERS =
      Map.of(
          ".sdkman/candidates/java", "",
          ".jdks", "",
          ".local/share/mise/installs/java", "",
          ".asdf/installs/java", "",
          "Library/Java/JavaVirtualMachines", "Contents/Home");

  private JdkSearch() {}

  /** The first candidate that is a JDK of the version we need. */
  static Optional<Path> firstSuitable(List<Path> candidates) {
    return candidates.stream().filter(JdkSearch::isSuitable).findFirst();
  }

  /** Whether this is an installed JDK of the version we need. */
  static boolean isSuitable(Path home) {
    Path release = home.resolve("release");
    if (!Files.isExecutable(java(home)) || !Files.isReadable(release)) {
      return false;
    }
    try {
      return Files.readAllLines(release, StandardCharsets.UTF_8).stream()
          .map(RELEASE::matcher)
          .filter(Matcher::matches)
          .anyMatch(version -> version.group(1).equals(Integer.toString(VERSION)));
    } catch (IOException e) {
      return false; // an unreadable folder is no JDK we can use
    }
  }

  /** The program that starts a JVM. */
  static Path java(Path home) {
    return home.resolve("bin").resolve(File.separatorChar == '\\' ? "java.exe" : "java");
  }

  /**
   * Where JDKs usually are.
   *
   * @param variables environment variables
   * @param properties of this JVM: {@code java.home} and {@code user.home}
   */
  static List<Path> usualPlaces(Map<String, String> variables, Map<String, String> properties) {
    List<Path> places = new ArrayList<>();
    places.add(Path.of(properties.getOrDefault("java.home", "")));
    places.add(Path.of(variables.getOrDefault("JAVA_HOME", "")));
    Pattern.compile(File.pathSeparator, Pattern.LITERAL)
        .splitAsStream(variables.getOrDefault("PATH", ""))
        .forEach(folder -> onPath(Path.of(folder)).ifPresent(places::add));
    INSTALL_FOLDERS.entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .forEach(entry -> places.addAll(entries(Path.of(entry.getKey()), entry.getValue())));
    Path home = Path.of(properties.getOrDefault("user.home", ""));
    HOME_FOLDERS.entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .forEach(entry -> places.addAll(entries(home.resolve(entry.getKey()), entry.getValue())));
    return places;
  }

  private static Optional<Path> onPath(Path folder) {
    try {
      Path java = folder.resolve(File.separatorChar == '\\' ? "java.exe" : "java").toRealPath();
      return Optional.ofNullable(java.getParent()).map(Path::getParent);
    } catch (IOException e) {
      return Optional.empty(); // most folders of a PATH hold no Java
    }
  }

  private static List<Path> entries(Path folder, String inside) {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    List<Path> entries = new ArrayList<>();
    try (DirectoryStream<Path> stream = Files.newDirectoryStream(folder)) {
      stream.forEach(entry -> entries.add(entry.resolve(inside)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    entries.sort(null);
    return entries;
  }
}
