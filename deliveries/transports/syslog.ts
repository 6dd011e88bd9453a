import type { Socket } from 'node:net';
import type { EventSeverity } from '#core/events/event-types.ts';
import type { guardedConnect } from '#providers/http/guarded-connect.ts';
import { type AttemptOutcome, attemptMsMax, delivered, describeFailure, unavailable } from './attempt.ts';

/** "Log audit". */
const facility = 13;
/** Informational, notice, warning, error, critical. */
const severities = { INFO: 6, LOW: 5, MEDIUM: 4, HIGH: 3, CRITICAL: 2 } as const satisfies Record<
  EventSeverity,
  number
>;
const messageIdMax = 32;
const portDefault = '6514';

export interface SyslogMessage {
  readonly atMs: number;
  readonly severity: EventSeverity;
  readonly type: string;
  /** One line. */
  readonly body: string;
}

/** One message of RFC 5424 in the frame of RFC 5425: the number of its bytes, a space, and the message. */
function toSyslogFrame({ atMs, severity, type, body }: SyslogMessage): Buffer {
  const priority = facility * 8 + severities[severity];
  const messageId = type.replaceAll(/[^\x21-\x7e]/g, '_').slice(0, messageIdMax) || '-';
  const header = `<${priority}>1 ${new Date(atMs).toISOString()} - heddle - ${messageId} -`;
  const message = Buffer.from(`${header} ${body}`);
  return Buffer.concat([Buffer.from(`${message.length} `), message]);
}

/**
 * Sends one message over TLS (RFC 5425), on a connection of its own. The protocol has no confirmation: delivered means that the receiver
 * has closed the connection in order after the message.
 */
export async function sendSyslog(
  url: string,
  message: SyslogMessage,
  connect: ReturnType<typeof guardedConnect>,
  signal: AbortSignal,
): Promise<AttemptOutcome> {
  const { hostname, port } = new URL(url.replace(/^syslog\+tls:/, 'https:'));
  const ended = Promise.withResolvers<AttemptOutcome>();
  let socket: Socket | undefined;
  const fail = (reason: string) => {
    socket?.destroy();
    ended.resolve(unavailable(reason));
  };
  const timer = setTimeout(() => fail('The connection was not closed within 15 seconds.'), attemptMsMax);
  const leave = () => fail('The process stops.');
  signal.addEventListener('abort', leave, { once: true });
  const target = { hostname, host: hostname, protocol: 'https:', port: port || portDefault };
  connect({ ...target, servername: hostname }, (error, opened) => {
    // Where it fails there is no socket, whatever the type states.
    if (error !== null || opened == null) return ended.resolve(unavailable(describeFailure(error)));
    let isClosedInOrder = false;
    socket = opened;
    opened.on('error', (failure) => fail(describeFailure(failure)));
    opened.on('end', () => {
      isClosedInOrder = true;
    });
    opened.on('close', () =>
      ended.resolve(isClosedInOrder ? delivered : unavailable('The connection was closed before its end.')),
    );
    // What a receiver answers is not read, and does not keep the connection open.
    opened.resume();
    opened.end(toSyslogFrame(message));
  });
  try {
    return await ended.promise;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', leave);
    socket?.destroy();
  }
}
