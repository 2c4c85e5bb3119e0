package io.moetool.faults;

import java.io.IOException;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.AccessMode;
import java.nio.file.CopyOption;
import java.nio.file.DirectoryStream;
import java.nio.file.FileStore;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.FileAttributeView;
import java.nio.file.spi.FileSystemProvider;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The machine's file system with faults. Used for single paths, or in place of the default provider
 * of a whole JVM: see {@link #FaultyProvider(FileSystemProvider)}.
 */
public final class FaultyProvider extends FileSystemProvider {
  private static final Set<OpenOption> WRITING =
      Set.of(
          StandardOpenOption.WRITE,
          StandardOpenOption.APPEND,
          StandardOpenOption.CREATE,
          StandardOpenOption.CREATE_NEW);

  private final FileSystemProvider real;
  private final Faults faults;
  private final FaultyFileSystem system;

  private FaultyProvider(FileSystemProvider real, FileSystem realSystem, Faults faults) {
    this.real = real;
    this.faults = faults;
    this.system = new FaultyFileSystem(this, realSystem);
  }

  /**
   * For {@code -Djava.nio.file.spi.DefaultFileSystemProvider}: a JVM that waits to be killed at a
   * step; see {@link WaitingForTheEnd}.
   */
  public FaultyProvider(FileSystemProvider real) {
    this(real, systemOf(real), WaitingForTheEnd.asAsked(systemOf(real)));
  }

  private static FileSystem systemOf(FileSystemProvider real) {
    return real.getFileSystem(URI.create("file:///"));
  }

  /** {@code path}, and all that is reached through it, with faults. */
  public static Path through(Faults faults, Path path) {
    FileSystem realSystem = FileSystems.getDefault();
    FaultyProvider provider = new FaultyProvider(realSystem.provider(), realSystem, faults);
    return new FaultyPath(provider.system, path);
  }

  private static Path unwrap(Path path) {
    return FaultyPath.unwrap(path);
  }

  @Override
  public String getScheme() {
    return real.getScheme();
  }

  @Override
  public FileSystem newFileSystem(URI uri, Map<String, ?> environment) throws IOException {
    return real.newFileSystem(uri, environment);
  }

  @Override
  public FileSystem getFileSystem(URI uri) {
    return system;
  }

  @Override
  public Path getPath(URI uri) {
    return new FaultyPath(system, real.getPath(uri));
  }

  @Override
  public FileChannel newFileChannel(
      Path path, Set<? extends OpenOption> options, FileAttribute<?>... attributes)
      throws IOException {
    if (options.stream().anyMatch(WRITING::contains)) {
      faults.step("open", path, true);
    }
    FileChannel channel = real.newFileChannel(unwrap(path), options, attributes);
    return faults.watches(path) ? new FaultyChannel(channel, path, faults) : channel;
  }

  @Override
  public SeekableByteChannel newByteChannel(
      Path path, Set<? extends OpenOption> options, FileAttribute<?>... attributes)
      throws IOException {
    return newFileChannel(path, options, attributes);
  }

  @Override
  public DirectoryStream<Path> newDirectoryStream(
      Path folder, DirectoryStream.Filter<? super Path> filter) throws IOException {
    DirectoryStream<Path> stream =
        real.newDirectoryStream(
            unwrap(folder), path -> filter.accept(new FaultyPath(system, path)));
    return new DirectoryStream<>() {
      @Override
      public Iterator<Path> iterator() {
        Iterator<Path> paths = stream.iterator();
        return new Iterator<>() {
          @Override
          public boolean hasNext() {
            return paths.hasNext();
          }

          @Override
          public Path next() {
            return new FaultyPath(system, paths.next());
          }
        };
      }

      @Override
      public void close() throws IOException {
        stream.close();
      }
    };
  }

  @Override
  public void createDirectory(Path folder, FileAttribute<?>... attributes) throws IOException {
    faults.step("create", folder, true);
    real.createDirectory(unwrap(folder), attributes);
  }

  @Override
  public void delete(Path path) throws IOException {
    faults.step("delete", path, false);
    real.delete(unwrap(path));
  }

  @Override
  public void copy(Path source, Path target, CopyOption... options) throws IOException {
    faults.step("copy", target, true);
    real.copy(unwrap(source), unwrap(target), options);
  }

  @Override
  public void move(Path source, Path target, CopyOption... options) throws IOException {
    faults.step("move", target, false);
    real.move(unwrap(source), unwrap(target), options);
    faults.moved(source, target);
  }

  @Override
  public boolean isSameFile(Path path, Path other) throws IOException {
    return real.isSameFile(unwrap(path), unwrap(other));
  }

  @Override
  public boolean isHidden(Path path) throws IOException {
    return real.isHidden(unwrap(path));
  }

  @Override
  public FileStore getFileStore(Path path) throws IOException {
    return real.getFileStore(unwrap(path));
  }

  @Override
  public void checkAccess(Path path, AccessMode... modes) throws IOException {
    real.checkAccess(unwrap(path), modes);
  }

  @Override
  public <V extends FileAttributeView> @Nullable V getFileAttributeView(
      Path path, Class<V> type, LinkOption... options) {
    return real.getFileAttributeView(unwrap(path), type, options);
  }

  @Override
  public <A extends BasicFileAttributes> A readAttributes(
      Path path, Class<A> type, LinkOption... options) throws IOException {
    return real.readAttributes(unwrap(path), type, options);
  }

  @Override
  public Map<String, Object> readAttributes(Path path, String attributes, LinkOption... options)
      throws IOException {
    return real.readAttributes(unwrap(path), attributes, options);
  }

  @Override
  public void setAttribute(Path path, String attribute, Object value, LinkOption... options)
      throws IOException {
    real.setAttribute(unwrap(path), attribute, value, options);
  }
}
