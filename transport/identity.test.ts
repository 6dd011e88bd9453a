import { createHmac, createPublicKey, randomUUID, sign } from 'node:crypto';
import { decodeJwt } from 'jose';
import { describe, expect, it } from 'vitest';
import { anonymousCaller, type Caller } from '#core/caller.ts';
import { createMemoryUsedTokens } from '#state/tokens/memory.ts';
import { fc } from '#test/support/properties.ts';
import { createIdentityVerifier, type IdentityOperation, operationDigest, signIdentity } from './identity.ts';
import { createMeshKeyPair, deriveMeshKeys, readPublicKeys, readSigningKey } from './mesh-keys.ts';

const pair = createMeshKeyPair();
const signingKey = readSigningKey(pair.privateKey);
const publicKeys = readPublicKeys(pair.publicKey);
const caller: Caller = { ...anonymousCaller, kind: 'API_KEY', tenantId: 't1', scopes: ['inference:invoke'] };
const claims = { caller, requestId: 'r1', clientRequestId: 'c1', clientAddress: '10.0.0.7' };
const operation = { query: 'query Q($id: ID!) { model(id: $id) { id } }', variables: { id: 'demo/echo' } };
const nowMs = 1_800_000_000_000;

/** Used tokens as processes share them through Redis. */
const sharedTokens = () => ({ ...createMemoryUsedTokens(), shared: true });

function createVerifier(options: Partial<Parameters<typeof createIdentityVerifier>[0]> = {}) {
  return createIdentityVerifier({
    publicKeys,
    audience: 'models',
    used: sharedTokens(),
    now: () => nowMs,
    ...options,
  });
}

const tokenFor = (subgraph = 'models', instance?: string) =>
  signIdentity(signingKey, { subgraph, instance }, claims, operation, () => nowMs);

/** A token of the mesh's own key, with these claims beside the usual ones or in place of them. */
function craft(changes: Record<string, unknown>, header = '{"alg":"EdDSA","typ":"JWT"}', key = signingKey) {
  const payload = { ...decodeJwt(tokenFor()), jti: randomUUID(), ...changes };
  const signed = [header, JSON.stringify(payload)].map((part) => Buffer.from(part).toString('base64url'));
  return `${signed.join('.')}.${sign(null, Buffer.from(signed.join('.')), key).toString('base64url')}`;
}

describe('identity between processes', () => {
  it('hands the caller over unchanged', async () => {
    const received = JSON.parse(JSON.stringify(operation));
    expect(await createVerifier().verify(tokenFor(), received)).toEqual(claims);
    expect(await createVerifier().verify(craft({}), received)).toEqual(claims);
  });

  it('refuses a token that was used, at the same process and at every other that shares used tokens', async () => {
    const used = sharedTokens();
    const token = tokenFor();
    await createVerifier({ used }).verify(token, operation);
    for (let process = 0; process < 2; process++) {
      await expect(createVerifier({ used }).verify(token, operation)).rejects.toThrow(/used before/);
    }
  });

  it('refuses a used token for as long as any clock within the tolerance accepts it', async () => {
    const clock = { ms: nowMs - 5_000 };
    const used = { ...createMemoryUsedTokens({ now: () => clock.ms }), shared: true };
    const verifier = createVerifier({ used, now: () => clock.ms });
    const token = tokenFor();
    await verifier.verify(token, operation);
    // The last moment of its life, by the clock of the gateway that is ahead; and between other tokens.
    for (const afterMs of [30_000, 39_999, 40_000]) {
      clock.ms = nowMs - 5_000 + afterMs;
      await expect(verifier.verify(token, operation)).rejects.toThrow(/used before/);
      await verifier.verify(craft({ exp: nowMs / 1000 + 30 }), operation);
    }
    clock.ms += 1;
    await expect(verifier.verify(token, operation)).rejects.toThrow(/stale/);
  });

  it('has a used token remembered for the whole time that it is accepted in, and no longer', async () => {
    const remembered: number[] = [];
    const add = (_id: string, ms: number) => Promise.resolve(remembered.push(ms) > 0);
    await createVerifier({ used: { shared: true, add } }).verify(tokenFor(), operation);
    expect(remembered).toEqual([40_000]);
  });

  it('takes a token at one process alone where processes share nothing: not at another, nor after a restart', async () => {
    const own = { used: createMemoryUsedTokens() };
    const verifier = createVerifier(own);
    const challenge = await verifier.verify(tokenFor(), operation).catch((error: unknown) => error);
    expect(challenge).toMatchObject({ code: 'UNAUTHENTICATED', extensions: { notBegun: true } });
    const { instance } = (challenge as { extensions: { instance: string } }).extensions;
    const token = tokenFor('models', instance);
    expect(await verifier.verify(token, operation)).toEqual(claims);
    await expect(verifier.verify(token, operation)).rejects.toThrow(/used before/);
    const restarted = createVerifier({ used: createMemoryUsedTokens() });
    await expect(restarted.verify(token, operation)).rejects.toThrow(/another process/);
  });

  it('is signed by gateways alone: what a subgraph holds signs nothing', async () => {
    const publicKey = createPublicKey(signingKey);
    expect(() => sign(null, Buffer.from('x'), publicKey)).toThrow();
    const [other] = readPublicKeys(createMeshKeyPair().publicKey);
    for (const key of [publicKey, other ?? publicKey]) {
      const secret = key.export({ format: 'der', type: 'spki' });
      for (const bytes of [secret, secret.subarray(-32), Buffer.from(pair.publicKey)]) {
        const body = Buffer.from(JSON.stringify(decodeJwt(tokenFor()))).toString('base64url');
        for (const header of ['{"alg":"HS256","typ":"JWT"}', '{"alg":"EdDSA","typ":"JWT"}']) {
          const signed = `${Buffer.from(header).toString('base64url')}.${body}`;
          const forged = `${signed}.${createHmac('sha256', bytes).update(signed).digest('base64url')}`;
          await expect(createVerifier().verify(forged, operation)).rejects.toThrow(/not made by this mesh/);
        }
      }
    }
  });

  it('accepts either of two public keys while gateways change theirs, and no third', async () => {
    const next = createMeshKeyPair();
    const both = createVerifier({ publicKeys: readPublicKeys(`${pair.publicKey}, ${next.publicKey}`) });
    const nextKey = readSigningKey(next.privateKey);
    expect(await both.verify(craft({}, undefined, nextKey), operation)).toEqual(claims);
    expect(await both.verify(craft({}), operation)).toEqual(claims);
    const third = craft({}, undefined, readSigningKey(createMeshKeyPair().privateKey));
    await expect(both.verify(third, operation)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  it.each<[string, string]>([
    ['no token', ''],
    ['three words', 'x.y.z'],
    ['no signature', `${tokenFor().split('.').slice(0, 2).join('.')}.`],
    ['four parts', `${tokenFor()}.x`],
    ['alg none', craft({}, '{"alg":"none","typ":"JWT"}')],
    ['alg in another case', craft({}, '{"alg":"eddsa","typ":"JWT"}')],
    ['a header with more in it', craft({}, '{"alg":"EdDSA","typ":"JWT","crit":["x"],"x":1}')],
    ['a key of its own in the header', craft({}, '{"alg":"EdDSA","typ":"JWT","jwk":{}}')],
    ['a payload that is a list', craft({}).replace(/\..*\./, `.${btoa('[]')}.`)],
    ['another audience', tokenFor('tenants')],
    ['a list of audiences', craft({ aud: ['models', 'tenants'] })],
    ['a list of one audience', craft({ aud: ['models'] })],
    ['no audience', craft({ aud: undefined })],
    ['another issuer', craft({ iss: 'someone' })],
    ['no id', craft({ jti: undefined })],
    ['an id that is no text', craft({ jti: 1 })],
    ['no caller', craft({ caller: undefined })],
    ['no time', craft({ iat: undefined })],
    ['no end', craft({ exp: undefined })],
    ['a longer life than allowed', craft({ exp: nowMs / 1000 + 86_400 })],
    ['an issue beyond the tolerance of clocks', craft({ iat: nowMs / 1000 + 6, exp: nowMs / 1000 + 30 })],
    ['an end beyond the tolerance of clocks', craft({ iat: nowMs / 1000 - 36, exp: nowMs / 1000 - 6 })],
    ['an end that is no number', craft({ exp: '9999999999' })],
    ['another operation', craft({ operation: operationDigest({ query: '{ other }' }) })],
  ])('refuses %s', async (_what, token) => {
    await expect(createVerifier().verify(token, operation)).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
    });
  });

  it('accepts clocks that differ by the tolerance and not more', async () => {
    for (const [skewMs, accepted] of [
      [5_000, true],
      [-35_000, true],
      [6_000, false],
      [-36_000, false],
    ] as const) {
      const token = signIdentity(signingKey, { subgraph: 'models' }, claims, operation, () => nowMs + skewMs);
      const verified = await createVerifier()
        .verify(token, operation)
        .then(
          () => true,
          () => false,
        );
      expect({ skewMs, verified }).toEqual({ skewMs, verified: accepted });
    }
  });

  it('refuses another query, other variables, another operation name', async () => {
    const verifier = createVerifier();
    for (const altered of [
      { ...operation, query: `${operation.query} ` },
      { ...operation, variables: { id: 'demo/slow' } },
      { ...operation, variables: undefined },
      { ...operation, operationName: 'Q' },
    ]) {
      await expect(verifier.verify(tokenFor(), altered)).rejects.toThrow(/another operation/);
    }
  });
});

describe('the digest of an operation', () => {
  it('differs for texts that only join to the same', () => {
    const moved = [
      { query: 'query A{a}\nnull\nB', variables: null, operationName: '' },
      { query: 'query A{a}', variables: null, operationName: 'B\nnull\n' },
      { query: 'query A{a}', variables: null, operationName: null },
      { query: 'query A{a}', variables: null, operationName: '' },
      { query: 'query A{a}', variables: {}, operationName: null },
      { query: 'query A{a}null', variables: null, operationName: '' },
    ];
    expect(new Set(moved.map(operationDigest)).size).toBe(moved.length);
  });

  it('is the same for two operations only when they are the same', () => {
    const text = fc.string({ unit: fc.constantFrom('a', '\n', '"', '{', '}', 'null', '\0', 'ü') });
    const operations: fc.Arbitrary<IdentityOperation> = fc.record({
      query: text,
      variables: fc.option(fc.dictionary(text, text, { maxKeys: 2 })),
      operationName: fc.option(text),
    });
    const canonical = (given: IdentityOperation) =>
      JSON.stringify([given.query, given.variables, given.operationName]);
    fc.assert(
      fc.property(operations, operations, (one, other) => {
        expect(operationDigest(one) === operationDigest(other)).toBe(canonical(one) === canonical(other));
      }),
    );
  });
});

describe('mesh keys', () => {
  it('are the same when derived from the same secret, which has 32 bytes or more', async () => {
    const secret = 'a secret that is long enough to sign with';
    const [one, other] = [deriveMeshKeys(secret), deriveMeshKeys(secret)];
    const token = signIdentity(one.signingKey, { subgraph: 'models' }, claims, operation, () => nowMs);
    expect(await createVerifier({ publicKeys: other.publicKeys }).verify(token, operation)).toEqual(claims);
    const foreign = deriveMeshKeys(`${secret}.`).publicKeys;
    await expect(createVerifier({ publicKeys: foreign }).verify(token, operation)).rejects.toThrow(/mesh/);
    expect(() => deriveMeshKeys('short')).toThrow(/32/);
  });

  it('are those of two secrets while the secret changes: the first signs, both verify', async () => {
    const [former, next] = ['the former secret: long enough to sign', 'the next secret: long enough to sign'];
    const both = deriveMeshKeys(`${next}, ${former}`);
    const sign = (keys: typeof both) =>
      signIdentity(keys.signingKey, { subgraph: 'models' }, claims, operation, () => nowMs);
    for (const [signer, verifier, fits] of [
      [both, deriveMeshKeys(next), true],
      [both, deriveMeshKeys(former), false],
      [deriveMeshKeys(former), both, true],
      [deriveMeshKeys(next), both, true],
      [deriveMeshKeys('another secret: long enough to sign'), both, false],
    ] as const) {
      const verified = createVerifier({ publicKeys: verifier.publicKeys }).verify(sign(signer), operation);
      if (fits) expect(await verified).toEqual(claims);
      else await expect(verified).rejects.toThrow(/mesh/);
    }
    for (const text of ['', `${next},`, `,${next}`, `${next},short`, `${next},${former},${next}`]) {
      expect(() => deriveMeshKeys(text)).toThrow(RangeError);
    }
  });

  it('are refused when they are no Ed25519 keys, without repeating them', () => {
    for (const text of ['', 'x', `${pair.publicKey}=`, `${pair.publicKey}x`, '+'.repeat(43)]) {
      expect(() => readSigningKey(text)).toThrow(/mesh-key/);
      expect(() => readPublicKeys(text)).toThrow(/mesh-key/);
    }
    expect(() => readPublicKeys(Array(5).fill(pair.publicKey).join(','))).toThrow(/4/);
  });
});
