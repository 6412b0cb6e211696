package io.dispatcher.hazelcast;

import com.hazelcast.nio.ObjectDataInput;
import com.hazelcast.nio.ObjectDataOutput;
import com.hazelcast.nio.serialization.IdentifiedDataSerializable;
import com.hazelcast.spi.merge.MergingValue;
import com.hazelcast.spi.merge.SplitBrainMergePolicy;
import org.jspecify.annotations.Nullable;

/** Keeps every record when two halves of a cluster come together, the higher version first. */
final class HigherVersionMerge
    implements SplitBrainMergePolicy<Held, MergingValue<Held>, Held>, IdentifiedDataSerializable {

  @Override
  public Held merge(MergingValue<Held> merging, @Nullable MergingValue<Held> existing) {
    Held incoming = merging.getDeserializedValue();
    Held held = existing == null ? null : existing.getDeserializedValue();
    return held == null ? incoming : Held.newer(held, incoming);
  }

  @Override
  public void writeData(ObjectDataOutput out) {}

  @Override
  public void readData(ObjectDataInput in) {}

  @Override
  public int getFactoryId() {
    return Serials.FACTORY;
  }

  @Override
  public int getClassId() {
    return Serials.MERGE;
  }
}
