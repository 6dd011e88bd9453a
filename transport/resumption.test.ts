import { readFileSync } from 'node:fs';
import { isInterfaceType, isObjectType } from 'graphql';
import { expect, it } from 'vitest';
import { buildApiSchema } from '#schema/api-schema.ts';
import { resumptions } from './resumption.ts';

const schema = buildApiSchema(readFileSync(new URL('../schema/supergraph.graphql', import.meta.url), 'utf8'));

/** A client continues these with an argument of their own: what they read is stored. */
const resumedByClients = ['events'];

it('names all other subscriptions of the graph, which report numbered events of one interface', () => {
  const subscriptions = Object.values(schema.getSubscriptionType()?.getFields() ?? {}).filter(
    ({ name }) => !resumedByClients.includes(name),
  );
  const known = Object.values(resumptions);
  expect(known.flatMap(({ fields }) => fields).sort()).toEqual(subscriptions.map(({ name }) => name).sort());
  for (const { fields, eventType, event, resume, lastTypes, failedType } of known) {
    const type = schema.getType(eventType);
    if (!isInterfaceType(type)) throw new Error(`${eventType} is no interface.`);
    expect(Object.keys(type.getFields())).toEqual(expect.arrayContaining([event.id, event.sequence]));
    for (const field of subscriptions.filter(({ name }) => fields.includes(name))) {
      expect(String(field.type)).toBe(`${eventType}!`);
    }
    const args = subscriptions.find(({ name }) => name === resume.field)?.args;
    const required = [
      [resume.id, 'ID!'],
      [resume.after, 'Int!'],
    ];
    expect(args?.map(({ name, type: argument }) => [name, String(argument)])).toEqual(required);
    expect(lastTypes).toContain(failedType);
    for (const last of lastTypes) {
      expect(schema.getPossibleTypes(type).map(({ name }) => name)).toContain(last);
    }
    const failed = schema.getType(failedType);
    const told = isObjectType(failed) ? Object.keys(failed.getFields()).sort() : [];
    const expected = [event.id, event.sequence, 'code', 'message', 'retryAfterMs', 'completion'];
    expect(told).toEqual(expected.sort());
  }
});
