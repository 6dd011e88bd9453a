import { parentPort } from 'node:worker_threads';

/** What a thread sends: once that it is ready, then one outcome for each task; and its processor time so far. */
export type FromTaskThread<Answer> = (
  | { readonly kind: 'READY' }
  | { readonly kind: 'DONE'; readonly answer: Answer }
  | { readonly kind: 'FAILED' }
) & { readonly cpuMs: number };

type Sent<Answer> =
  FromTaskThread<Answer> extends infer Message
    ? Message extends unknown
      ? Omit<Message, 'cpuMs'>
      : never
    : never;

/** Makes the thread of this module answer the tasks of its TaskThread. Of a task that fails nothing is sent but that. */
export function serveTasks<Task, Answer>(answer: (task: Task) => Answer | Promise<Answer>): void {
  const send = (message: Sent<Answer>) => {
    const { user, system } = process.threadCpuUsage();
    parentPort?.postMessage({ ...message, cpuMs: (user + system) / 1_000 });
  };
  parentPort?.on('message', async (task: Task) => {
    let answered: Sent<Answer>;
    try {
      answered = { kind: 'DONE', answer: await answer(task) };
    } catch {
      // Any error: it may quote what came from outside.
      answered = { kind: 'FAILED' };
    }
    send(answered);
  });
  send({ kind: 'READY' });
}
