import type { KeyObject } from 'node:crypto';
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
  expect(warnings).toEqual([expect.stringContaining('only HEDDLE_MESH_SECRET is set')]);
  const known = connect('models', secret).subgraphKeys?.publicKeys ?? [];
  const expected = [first, second].flatMap((text) => deriveMeshKeys(text).publicKeys);
  expect(known.map((key, at) => isSame(key, expected[at]))).toEqual([true, true]);
});
