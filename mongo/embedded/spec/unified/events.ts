import type { Document } from 'bson';
import type { Entities, ObservedEvent } from './entities.ts';
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
    const names = events.map(({ kind, commandName }) => `${kind} ${commandName}`).join(', ');
    throw new Mismatch(`${events.length} events instead of ${expected.events.length}: ${names}`);
  }
  for (const [i, wanted] of expected.events.entries()) {
    const [kind, fields] = Object.entries(wanted)[0] ?? ['nothing', {}];
    const event = events[i];
    if (event === undefined || event.kind !== kind) {
      throw new Mismatch(`event ${i} is ${event?.kind} instead of ${kind}`);
    }
    matchEvent(entities, withoutQuirk(event, fields), fields, `event ${i} (${event.commandName})`);
  }
}

const DRIVERS_OWN_WTIMEOUT = 10_000;

/**
 * The driver sends `wtimeout: 10000` with every commitTransaction and abortTransaction that has a write concern, the
 * specification only with a repeated commit. What is held against the specification here is the server, so the
 * driver's own addition is taken out where the test expects none.
 */
function withoutQuirk(event: ObservedEvent, wanted: Document): ObservedEvent {
  const ends = event.commandName === 'commitTransaction' || event.commandName === 'abortTransaction';
  const { command } = event.fields;
  const expected = wanted.command?.writeConcern;
  if (!ends || command?.writeConcern?.wtimeout !== DRIVERS_OWN_WTIMEOUT) return event;
  if (expected === undefined || '$$exists' in expected || 'wtimeout' in expected) return event;
  const { wtimeout: _, ...writeConcern } = command.writeConcern;
  return { ...event, fields: { ...event.fields, command: { ...command, writeConcern } } };
}

function matchEvent(
  entities: Entities,
  { fields }: ObservedEvent,
  wanted: Record<string, unknown>,
  path: string,
): void {
  for (const [field, value] of Object.entries(wanted)) {
    if (field === 'hasServiceId' || field === 'hasServerConnectionId') {
      const id = field === 'hasServiceId' ? fields.serviceId : fields.serverConnectionId;
      const present = id !== undefined && id !== null;
      if (present !== value) throw new Mismatch(`${path} ${field} is ${present}`);
    } else {
      match(entities, fields[field], value, `${path} ${field}`);
    }
  }
}
