import cluster, { type Worker } from 'node:cluster';

/** What Node's cluster sends to a worker with a connection, and receives of it once that has taken it (lib/internal/cluster of Node). */
interface ClusterMessage {
  readonly cmd?: string;
  readonly act?: string;
  readonly seq?: number;
  readonly ack?: number;
}

/** So often, and in how many milliseconds, it is looked whether the last messages of a worker that has ended are read. */
const [looksMax, lookMs] = [100, 10];

/**
 * Has other workers serve the connections that a worker was given and has not taken when it ends; where there is no other, they are closed. Node waits for
 * its answer for ever, and so would the client; here it is answered in its place that it takes none of them. What it has taken is not passed on:
 * it may have read of it.
 */
export function passUnservedConnections(worker: Worker): void {
  const { process } = worker;
  const given = new Map<number, { close(): void }>();
  const send = process.send.bind(process) as (...args: readonly unknown[]) => boolean;
  process.send = (...args: readonly unknown[]) => {
    const { cmd, act, seq } = (args[0] ?? {}) as ClusterMessage;
    if (cmd === 'NODE_CLUSTER' && act === 'newconn' && seq !== undefined)
      given.set(seq, args[1] as { close(): void });
    return send(...args);
  };
  process.on('internalMessage', ({ ack }: ClusterMessage) => {
    if (ack !== undefined) given.delete(ack);
  });
  const pass = (looks: number) => {
    // Its last messages, which may be about what it has taken, come until its channel has ended.
    if (worker.isConnected() && looks < looksMax) {
      setTimeout(pass, lookMs, looks + 1);
      return;
    }
    // It gets no more. Node removes it at the end of its channel, which never comes while a connection is on the way to it.
    worker.disconnect();
    const isLast = Object.keys(cluster.workers ?? {}).length === 0;
    for (const [ack, handle] of given) {
      if (isLast) handle.close();
      else
        process.emit(
          'internalMessage' as 'message',
          { cmd: 'NODE_CLUSTER', ack, accepted: false },
          undefined,
        );
    }
    given.clear();
  };
  worker.once('exit', () => pass(0));
}
