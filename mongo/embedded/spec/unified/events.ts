import { CommandStartedEvent, CommandSucceededEvent } from 'mongodb';
import type { CommandEvent, Entities } from './entities.ts';
import type { ExpectedEvents } from './format.ts';
import { Mismatch, match } from './match.ts';

/**
 * Holds what a client did against `expectEvents`: every expected event in order and, unless the test allows
 * further ones, nothing else.
 * @throws {Mismatch}
 */
export function matchEvents(entities: Entities, expected: ExpectedEvents): void {
  const { events } = entities.client(expected.client);
  const tooMany = events.length > expected.events.length && expected.ignoreExtraEvents !== true;
  if (events.length < expected.events.length || tooMany) {
    const names = events.map((event) => `${kindOf(event)} ${event.commandName}`).join(', ');
    throw new Mismatch(`${events.length} events instead of ${expected.events.length}: ${names}`);
  }
  for (const [i, wanted] of expected.events.entries()) {
    const [kind, fields] = Object.entries(wanted)[0] ?? ['nothing', {}];
    const event = events[i];
    if (event === undefined || kindOf(event) !== kind) {
      throw new Mismatch(`event ${i} is ${event && kindOf(event)} instead of ${kind}`);
    }
    matchEvent(entities, event, fields, `event ${i} (${event.commandName})`);
  }
}

const kindOf = (event: CommandEvent): string =>
  event instanceof CommandStartedEvent
    ? 'commandStartedEvent'
    : event instanceof CommandSucceededEvent
      ? 'commandSucceededEvent'
      : 'commandFailedEvent';

function matchEvent(
  entities: Entities,
  event: CommandEvent,
  wanted: Record<string, unknown>,
  path: string,
): void {
  for (const [field, value] of Object.entries(wanted)) {
    if (field === 'hasServiceId' || field === 'hasServerConnectionId') {
      const present = field === 'hasServiceId' ? event.hasServiceId : event.serverConnectionId !== null;
      if (present !== value) throw new Mismatch(`${path} ${field} is ${present}`);
    } else {
      match(entities, Reflect.get(event, field), value, `${path} ${field}`);
    }
  }
}
