import { describe, expect, it } from 'vitest';
import { toKeptRequest } from './call-payload.ts';

const call = {
  messages: [{ role: 'system', content: 'what the author wrote' }],
  temperature: 0.5,
} as const;

describe('the request of a payload', () => {
  it('has the messages of a call, but those of a prompt of the mesh, whose texts its tenant does not read', () => {
    expect(toKeptRequest(call, {})).toEqual(call);
    expect(toKeptRequest(call, { ofMesh: true })).toEqual({ temperature: 0.5 });
  });
});
