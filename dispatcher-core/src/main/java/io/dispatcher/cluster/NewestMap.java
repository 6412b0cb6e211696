package io.dispatcher.cluster;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A map with a bound: whoever was put in first goes when there are more. Not thread-safe.
 *
 * @param <K> of the keys
 * @param <V> of the values
 */
public final class NewestMap<K, V> extends LinkedHashMap<K, V> {

  private static final long serialVersionUID = 1L;

  private final int most;

  /** An empty map of at most so many entries. */
  public NewestMap(int most) {
    this.most = most;
  }

  @Override
  protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
    return size() > most;
  }
}
