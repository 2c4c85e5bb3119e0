package org.example.cache;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.LongSupplier;

/**
 * A cache whose entries expire a fixed time after they were written. Once the cache is full, the
 * entry that was used least recently is removed.
 *
 * <p>All methods are safe to call from many threads. A value is computed at most once for a key
 * while its entry lives, and other callers wait for it.
 *
 * @param <K> the type of keys, which must not be null
 * @param <V> the type of values, which must not be null
 */
public final class ExpiringCache<K, V> {

    private static final class Entry<V> {
        final V value;
        final long writtenNanos;

        Entry(V value, long writtenNanos) {
            this.value = value;
            this.writtenNanos = writtenNanos;
        }
    }

    private final ReentrantLock lock = new ReentrantLock();
    private final LinkedHashMap<K, Entry<V>> entries = new LinkedHashMap<>(16, 0.75f, true);
    private final Function<? super K, ? extends V> loader;
    private final LongSupplier ticker;
    private final int maximumSize;
    private final long expireNanos;
    private long hitCount;
    private long missCount;

    public ExpiringCache(Function<? super K, ? extends V> loader, int maximumSize, long duration,
            TimeUnit unit) {
        this(loader, maximumSize, unit.toNanos(duration), System::nanoTime);
    }

    /** Visible for tests, which supply their own clock. */
    ExpiringCache(Function<? super K, ? extends V> loader, int maximumSize, long expireNanos,
            LongSupplier ticker) {
        if (maximumSize < 1) {
            throw new IllegalArgumentException("maximumSize must be at least 1");
        }
        this.loader = loader;
        this.maximumSize = maximumSize;
        this.expireNanos = expireNanos;
        this.ticker = ticker;
    }

    /**
     * Looks a key up, and asks the loader where there is no entry or where it has grown too old.
     *
     * @throws NullPointerException if the loader has no value for the key
     */
    public V get(K key) {
        lock.lock();
        try {
            long now = ticker.getAsLong();
            Entry<V> entry = entries.get(key);
            if (entry != null && !isExpired(entry, now)) {
                hitCount++;
                return entry.value;
            }
            missCount++;
            V value = loader.apply(key);
            if (value == null) {
                throw new NullPointerException("no value could be loaded for " + key);
            }
            entries.put(key, new Entry<>(value, now));
            evict();
            return value;
        } finally {
            lock.unlock();
        }
    }

    /** Forgets a key, so that the next call loads it again. */
    public void invalidate(K key) {
        lock.lock();
        try {
            entries.remove(key);
        } finally {
            lock.unlock();
        }
    }

    /** Removes all entries that have expired, and returns the number of entries removed. */
    public int cleanUp() {
        lock.lock();
        try {
            int removed = 0;
            long now = ticker.getAsLong();
            for (Iterator<Entry<V>> it = entries.values().iterator(); it.hasNext(); ) {
                if (isExpired(it.next(), now)) {
                    it.remove();
                    removed++;
                }
            }
            return removed;
        } finally {
            lock.unlock();
        }
    }

    /** Tells what part of all calls of {@link #get} found a living entry; 1 before the first call. */
    public double hitRate() {
        lock.lock();
        try {
            long requestCount = hitCount + missCount;
            return requestCount == 0 ? 1.0 : (double) hitCount / requestCount;
        } finally {
            lock.unlock();
        }
    }

    private boolean isExpired(Entry<V> entry, long now) {
        return now - entry.writtenNanos >= expireNanos;
    }

    private void evict() {
        Iterator<Map.Entry<K, Entry<V>>> oldest = entries.entrySet().iterator();
        while (entries.size() > maximumSize) {
            oldest.next();
            oldest.remove();
        }
    }
}
