package io.dispatcher.hazelcast;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.internal.partition.impl.InternalPartitionServiceImpl;
import com.hazelcast.internal.partition.impl.MigrationManager;
import com.hazelcast.spi.impl.NodeEngineImpl;
import com.hazelcast.spi.properties.ClusterProperty;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Migrations that the oldest member has stopped. It does so for three to six seconds once one of
 * them has failed, as one does in which a node takes part that dies meanwhile: all tasks whose
 * records lack a copy stood still for that long. Half a second is enough not to try in vain all the
 * time. Those that it stops for a join it lets go on within one call, or after the time that it is
 * told to wait before joins; one that is about to become the oldest member is left alone. Without
 * this all goes on, only later. Confined to the thread that reads the membership.
 */
final class PausedMigrations {

  private static final Logger log = LoggerFactory.getLogger(PausedMigrations.class);

  static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  /** Who looks less often may have missed the end of one pause and the begin of another. */
  static final long GAP_NANOS = TimeUnit.MILLISECONDS.toNanos(300);

  private final HazelcastInstance instance;
  private final NodeEngineImpl engine;
  private final long longest;
  private boolean stopped;
  private long since;
  private long looked;
  private boolean failed;

  PausedMigrations(HazelcastInstance instance) {
    this.instance = instance;
    this.engine = (NodeEngineImpl) LedgerHost.engine(instance);
    this.longest =
        PAUSE_NANOS
            + Math.max(
                0, engine.getProperties().getNanos(ClusterProperty.WAIT_SECONDS_BEFORE_JOIN));
  }

  /** Lets them go on that have been stopped for long; to be called all the time. */
  void resume() {
    if (failed) {
      return;
    }
    try {
      resume(System.nanoTime());
    } catch (RuntimeException | LinkageError e) {
      if (instance.getLifecycleService().isRunning()) {
        failed = true;
        log.warn("From now on copies of what a node had may be made later than they could be", e);
      }
    }
  }

  void resume(long now) {
    InternalPartitionServiceImpl partitions =
        (InternalPartitionServiceImpl) engine.getPartitionService();
    MigrationManager migrations = partitions.getMigrationManager();
    boolean were = stopped && now - looked <= GAP_NANOS;
    stopped = partitions.isLocalMemberMaster() && !migrations.areMigrationTasksAllowed();
    looked = now;
    if (stopped && !were) {
      since = now;
    } else if (stopped && now - since >= longest) {
      migrations.resumeMigration();
      stopped = false;
    }
  }
}
