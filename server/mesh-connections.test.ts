import { hkdfSync, type KeyObject } from 'node:crypto';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createMeshKeyPair, deriveAnswerKeys, deriveMeshKeys, readPublicKeys } from '#transport/mesh-keys.ts';
import { readEnvironment } from './config.ts';
import type { Part } from './mesh.ts';
import { connectParts } from './mesh-connections.ts';

const log = pino({ level: 'silent' });
const [first, second] = [
  'the first secret of this mesh: 32 bytes',
  'the other secret of this mesh: 32 bytes',
];
const both = `${first},${second}`;
const pair = createMeshKeyPair();

let starting: AsyncDisposableStack;
beforeEach(() => {
  starting = new AsyncDisposableStack();
});
afterEach(() => starting.disposeAsync());

const isSame = (one: KeyObject | undefined, other: KeyObject | undefined) =>
  one !== undefined && other !== undefined && one.equals(other);

function connect(part: Part, variables: Readonly<Record<string, string>>) {
  const environment = readEnvironment({ MONGO_URL: 'embedded:./none', ...variables });
  return connectParts({ environment, parts: [part], log, providerEnvironment: {} }, starting);
}

it('a subgraph authenticates answers with the first of two mesh secrets, and a gateway checks with each', () => {
  const keys = { HEDDLE_MESH_PUBLIC_KEYS: pair.publicKey, HEDDLE_MESH_SECRET: both };
  const [own, other] = [first, second].map((secret) => deriveAnswerKeys(secret)[0]);
  const { subgraphKeys } = connect('models', keys);
  expect(isSame(subgraphKeys?.answerKey, own)).toBe(true);
  expect(subgraphKeys?.publicKeys).toEqual(readPublicKeys(pair.publicKey));
  const { gatewayKeys } = connect('gateway', {
    HEDDLE_MESH_KEY: pair.privateKey,
    HEDDLE_MESH_SECRET: both,
  });
  expect(gatewayKeys?.answerKeys?.map((key) => isSame(key, own))).toEqual([true, false]);
  expect(gatewayKeys?.answerKeys?.map((key) => isSame(key, other))).toEqual([false, true]);
});

it('a gateway signs with the first of two mesh secrets alone, and a subgraph verifies with each', () => {
  const secret = { HEDDLE_MESH_SECRET: both };
  const { gatewayKeys, warnings } = connect('gateway', secret);
  expect(gatewayKeys?.signingKey.equals(deriveMeshKeys(first).signingKey)).toBe(true);
  expect(warnings).toEqual([
    expect.stringContaining('only HEDDLE_MESH_SECRET is set'),
    expect.stringContaining('holds two secrets, separated by a comma'),
  ]);
  const known = connect('models', secret).subgraphKeys?.publicKeys ?? [];
  const expected = [first, second].flatMap((text) => deriveMeshKeys(text).publicKeys);
  expect(known.map((key, at) => isSame(key, expected[at]))).toEqual([true, true]);
});

it.each([
  ['a part that is too short', 'a secret, that versions before took as one'],
  ['more than two parts', [first, second, first].join()],
])('a mesh secret with %s is refused, with what to do about a comma of its own', (_what, text) => {
  expect(() => connect('gateway', { HEDDLE_MESH_SECRET: text })).toThrow(
    /HEDDLE_MESH_SECRET.*write a comma that is part of a secret as \\,/,
  );
});

it('a mesh secret with a comma of its own is one secret, the same as versions before took', () => {
  const text = both.replace(',', '\\,');
  const { gatewayKeys, warnings } = connect('gateway', {
    HEDDLE_MESH_KEY: pair.privateKey,
    HEDDLE_MESH_SECRET: text,
  });
  expect(warnings).toEqual([]);
  expect(gatewayKeys?.answerKeys).toHaveLength(1);
  // HKDF of the whole text, as those versions have it.
  const derived = hkdfSync('sha256', both, '', 'heddle mesh answers', 32);
  expect(gatewayKeys?.answerKeys?.[0]?.export()).toEqual(Buffer.from(derived));
});
