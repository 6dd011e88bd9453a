/** A worker of a pool that serves nothing: it behaves as the text in the place of the mesh's secret states, and answers to the first process. */
import { Ipc } from '#server/workers/ipc.ts';

const ipc = new Ipc(process);
let busy = 0;
ipc.onControl((message) => {
  if (message.kind === 'beat') ipc.control({ kind: 'beat', busy });
  else if (message.kind === 'close') process.exit(0);
  else if (message.kind === 'seat') {
    const { meshSecret: behavior, number } = message.seat;
    if (behavior === 'dies') process.exit(7);
    if (behavior === 'fails') ipc.control({ kind: 'failed', message: 'no port is free' });
    if (behavior === 'is busy') busy = 1;
    if (behavior === 'never serves') return;
    ipc.control({ kind: 'ready', url: `http://127.0.0.1:${number}` });
    // The end of the event loop's turn, and of all others.
    if (behavior === 'hangs')
      setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));
  }
});
