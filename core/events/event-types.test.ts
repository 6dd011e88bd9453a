import { describe, expect, it } from 'vitest';
import { type EventTypeFacts, eventTypes, findEventType } from './event-types.ts';

const types = Object.entries<EventTypeFacts>(eventTypes);

describe('the types of events', () => {
  it.each(types)(
    '%s has a name with its area, one line of each text, and no field that could hold a secret',
    (name, facts) => {
      expect(name).toMatch(/^[a-z]+(?:\.[a-z]+)+$/);
      for (const text of [facts.when, facts.subject]) expect(text).not.toMatch(/[|\n]|^$/);
      for (const field of facts.data) expect(field).not.toMatch(/secret|token|password|prompt|content|text/i);
      expect(new Set(facts.data).size).toBe(facts.data.length);
    },
  );

  it('end what another type begins', () => {
    const ends = types.flatMap(([, facts]) => (facts.ends === undefined ? [] : [facts.ends]));
    expect(ends.filter((name) => findEventType(name) === undefined)).toEqual([]);
  });

  it('are found by their name alone', () => {
    expect(findEventType('key.revoked')).toBe(eventTypes['key.revoked']);
    for (const name of ['key', 'toString', '__proto__', '']) expect(findEventType(name)).toBeUndefined();
  });
});
