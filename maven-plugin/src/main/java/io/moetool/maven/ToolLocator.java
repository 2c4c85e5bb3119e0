package io.moetool.maven;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.maven.execution.MavenSession;
import org.apache.maven.plugin.MojoExecutionException;
import org.apache.maven.toolchain.Toolchain;
import org.apache.maven.toolchain.ToolchainManager;
import org.eclipse.aether.RepositorySystem;
import org.eclipse.aether.artifact.DefaultArtifact;
import org.eclipse.aether.collection.CollectRequest;
import org.eclipse.aether.graph.Dependency;
import org.eclipse.aether.repository.RemoteRepository;
import org.eclipse.aether.resolution.ArtifactResult;
import org.eclipse.aether.resolution.DependencyRequest;
import org.eclipse.aether.resolution.DependencyResolutionException;

/** Finds the tool's jars and a JDK for it. */
final class ToolLocator {
  private static final String JDK = "jdk";
  private static final String MEND =
      "; install one (for example from https://adoptium.net) and name its folder in the parameter"
          + " javaHome, in MOETOOL_JAVA_HOME or in Maven's toolchains.xml";

  private final MavenSession session;
  private final ToolchainManager toolchains;
  private final RepositorySystem repositories;

  ToolLocator(MavenSession session, ToolchainManager toolchains, RepositorySystem repositories) {
    this.session = session;
    this.toolchains = toolchains;
    this.repositories = repositories;
  }

  /**
   * The JDK to run on: the one that is named, or else the first that fits of Maven's toolchains,
   * Maven's own, and those in the usual places.
   */
  Path jdk(Optional<File> named) throws MojoExecutionException {
    String variable = System.getenv().getOrDefault("MOETOOL_JAVA_HOME", "");
    if (named.isPresent() || !variable.isEmpty()) {
      Path home = named.map(File::toPath).orElseGet(() -> Path.of(variable));
      if (JdkSearch.isSuitable(home)) {
        return home;
      }
      throw new MojoExecutionException(
          "%s %s is not a JDK %d; name one, or leave it away to search the usual folders"
              .formatted(
                  named.isPresent() ? "javaHome" : "MOETOOL_JAVA_HOME", home, JdkSearch.VERSION));
    }
    List<Path> candidates = new ArrayList<>(ofToolchains());
    candidates.addAll(
        JdkSearch.usualPlaces(
            System.getenv(),
            Map.of(
                "java.home", System.getProperty("java.home"),
                "user.home", System.getProperty("user.home"))));
    return JdkSearch.firstSuitable(candidates)
        .orElseThrow(
            () -> new MojoExecutionException("no JDK " + JdkSearch.VERSION + " found" + MEND));
  }

  private List<Path> ofToolchains() {
    List<Toolchain> found = new ArrayList<>();
    Toolchain selected = toolchains.getToolchainFromBuildContext(JDK, session);
    if (selected != null) {
      found.add(selected);
    }
    found.addAll(
        toolchains.getToolchains(
            session,
            JDK,
            Map.of("version", "[%d,%d)".formatted(JdkSearch.VERSION, JdkSearch.VERSION + 1))));
    List<Path> homes = new ArrayList<>();
    for (Toolchain toolchain : found) {
      String java = toolchain.findTool("java");
      if (java != null) {
        homes.add(Path.of(java).toAbsolutePath().resolve("../..").normalize());
      }
    }
    return homes;
  }

  /** The jars of an unpacked distribution. */
  static List<Path> ofDistribution(Path home) throws MojoExecutionException {
    Path library = home.resolve("lib");
    if (!Files.exists(library.resolve("moetool-cli.jar"))) {
      throw new MojoExecutionException(
          "distribution "
              + home
              + " is no unpacked distribution of moetool: lib/moetool-cli.jar"
              + " is missing");
    }
    try (Stream<Path> files = Files.list(library)) {
      return files.filter(file -> file.toString().endsWith(".jar")).sorted().toList();
    } catch (IOException e) {
      throw new MojoExecutionException("distribution " + home + " cannot be read: " + e, e);
    }
  }

  /**
   * The jars of the tool's artifact, from the local repository or from where plugins come from.
   * Maven's own way to a plugin's dependencies leaves out those that Maven has itself.
   */
  List<Path> ofArtifact(String groupId, String version, List<RemoteRepository> remotes)
      throws MojoExecutionException {
    CollectRequest collect =
        new CollectRequest()
            .setRoot(new Dependency(new DefaultArtifact(groupId, "cli", "jar", version), "runtime"))
            .setRepositories(remotes);
    try {
      return repositories
          .resolveDependencies(session.getRepositorySession(), new DependencyRequest(collect, null))
          .getArtifactResults()
          .stream()
          .map(ArtifactResult::getArtifact)
          .map(artifact -> artifact.getFile().toPath())
          .toList();
    } catch (DependencyResolutionException e) {
      throw new MojoExecutionException("moetool itself cannot be resolved: " + e.getMessage(), e);
    }
  }
}
