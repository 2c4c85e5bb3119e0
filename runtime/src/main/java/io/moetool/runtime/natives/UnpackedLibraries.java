package io.moetool.runtime.natives;

import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;

/** Native libraries in the user's cache folder, unpacked there by the first run that needs them. */
public final class UnpackedLibraries {
  /**
   * A library inside a jar.
   *
   * @param fileName what its file is to be called
   * @param resource where its bytes are
   */
  public record Library(String fileName, URL resource) {}

  private UnpackedLibraries() {}

  /**
   * The folder that holds these libraries and no others; it is filled where files are missing.
   *
   * @param name begins the folder's name, which goes on with the libraries' sizes: another build
   *     has other sizes, and so another folder
   * @throws IOException if the folder cannot be made or written
   */
  public static Path unpack(String name, List<Library> libraries) throws IOException {
    StringBuilder unique = new StringBuilder(name);
    for (Library library : libraries) {
      unique.append('-').append(library.resource().openConnection().getContentLengthLong());
    }
    Path folder = cache().resolve(unique.toString());
    Files.createDirectories(folder);
    for (Library library : libraries) {
      unpack(library, folder);
    }
    return folder;
  }

  private static void unpack(Library library, Path folder) throws IOException {
    Path target = folder.resolve(library.fileName());
    if (Files.exists(target)) {
      return;
    }
    Path partial = Files.createTempFile(folder, library.fileName(), ".partial");
    try (InputStream bytes = library.resource().openStream()) {
      Files.copy(bytes, partial, StandardCopyOption.REPLACE_EXISTING);
      // Other processes see the whole file or none, also when several unpack at once.
      Files.move(partial, target, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(partial);
    }
  }

  private static Path cache() {
    String xdg = System.getenv("XDG_CACHE_HOME");
    Path base =
        xdg == null || xdg.isBlank()
            ? Path.of(System.getProperty("user.home"), ".cache")
            : Path.of(xdg);
    return base.resolve("moetool");
  }
}
