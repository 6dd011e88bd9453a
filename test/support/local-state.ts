import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { pino } from 'pino';
import type { LinkMessage, LocalPort } from '#state/local/link.ts';
import { openLocalState } from '#state/local/open-local-state.ts';
import { openPrimaryState, type PrimaryState } from '#state/local/primary-state.ts';
import type { State } from '#state/open-state.ts';
import type { MeterHistory } from '#state/quota/quota.ts';
import type { StreamLogBounds } from '#state/streams/stream-log.ts';

const log = pino({ level: 'silent' });

function toPort(port: MessagePort): LocalPort {
  return {
    send: (messages) => port.postMessage(messages),
    onMessages(listener) {
      port.on('message', (messages: readonly LinkMessage[]) => listener(messages));
      port.unref();
    },
    onClosed: (listener) => port.on('close', listener),
  };
}

/** Both ends of a connection. */
export function openPortPair(): readonly [LocalPort, LocalPort] {
  const { port1, port2 } = new MessageChannel();
  return [toPort(port1), toPort(port2)];
}

/** A first process and its workers, all in this process: messages pass between them as between processes. */
export interface LocalStates {
  readonly primary: PrimaryState;
  /** One more worker; `kill` cuts it off as its death does. */
  addWorker(): { readonly state: State; readonly kill: () => void };
}

export function openLocalStates(
  options: { readonly streamBounds?: Partial<StreamLogBounds>; readonly history?: MeterHistory } = {},
): LocalStates {
  const { history, streamBounds } = options;
  const primary = openPrimaryState(log, streamBounds);
  primary.openQuota(history);
  return {
    primary,
    addWorker() {
      const { port1, port2 } = new MessageChannel();
      primary.attach(toPort(port1));
      return { state: openLocalState(toPort(port2), log, streamBounds), kill: () => port2.close() };
    },
  };
}

/** The state of the one worker of a new first process. */
export function openWorkerState(options: Parameters<typeof openLocalStates>[0] = {}): State {
  return openLocalStates(options).addWorker().state;
}
