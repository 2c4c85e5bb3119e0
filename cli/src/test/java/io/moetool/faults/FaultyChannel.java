package io.moetool.faults;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** A file whose writes may fail half-way. */
final class FaultyChannel extends FileChannel {
  private final FileChannel real;
  private final Path path;
  private final Faults faults;

  FaultyChannel(FileChannel real, Path path, Faults faults) {
    this.real = real;
    this.path = path;
    this.faults = faults;
  }

  @Override
  public int write(ByteBuffer bytes) throws IOException {
    faults.written(path, real.position());
    try {
      faults.step("write", path, true);
    } catch (IOException | Faults.Death e) {
      real.write(bytes.slice(bytes.position(), bytes.remaining() / 2));
      throw e;
    }
    return real.write(bytes);
  }

  @Override
  public long write(ByteBuffer[] sources, int offset, int length) throws IOException {
    long written = 0;
    for (int i = offset; i < offset + length; i++) {
      written += write(sources[i]);
    }
    return written;
  }

  @Override
  public int write(ByteBuffer bytes, long position) throws IOException {
    faults.written(path, position);
    faults.step("write", path, true);
    return real.write(bytes, position);
  }

  @Override
  public void force(boolean metaData) throws IOException {
    faults.step("force", path, false);
    real.force(metaData);
    faults.forced(path);
  }

  @Override
  public FileChannel truncate(long size) throws IOException {
    faults.step("truncate", path, false);
    real.truncate(size);
    return this;
  }

  @Override
  public long transferFrom(ReadableByteChannel source, long position, long count)
      throws IOException {
    faults.written(path, position);
    faults.step("write", path, true);
    return real.transferFrom(source, position, count);
  }

  @Override
  public int read(ByteBuffer target) throws IOException {
    return real.read(target);
  }

  @Override
  public long read(ByteBuffer[] targets, int offset, int length) throws IOException {
    return real.read(targets, offset, length);
  }

  @Override
  public int read(ByteBuffer target, long position) throws IOException {
    return real.read(target, position);
  }

  @Override
  public long position() throws IOException {
    return real.position();
  }

  @Override
  public FileChannel position(long position) throws IOException {
    real.position(position);
    return this;
  }

  @Override
  public long size() throws IOException {
    return real.size();
  }

  @Override
  public long transferTo(long position, long count, WritableByteChannel target) throws IOException {
    return real.transferTo(position, count, target);
  }

  @Override
  public MappedByteBuffer map(MapMode mode, long position, long size) throws IOException {
    return real.map(mode, position, size);
  }

  @Override
  public MemorySegment map(MapMode mode, long offset, long size, Arena arena) throws IOException {
    return real.map(mode, offset, size, arena);
  }

  @Override
  public FileLock lock(long position, long size, boolean shared) throws IOException {
    return real.lock(position, size, shared);
  }

  @Override
  public @Nullable FileLock tryLock(long position, long size, boolean shared) throws IOException {
    return real.tryLock(position, size, shared);
  }

  @Override
  protected void implCloseChannel() throws IOException {
    real.close();
  }
}
