import { SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { anonymousCaller, type Caller } from './caller.ts';
import { createIdentityVerifier, operationDigest, signIdentity } from './identity.ts';

const secret = 'a secret that is long enough to sign with';
const caller: Caller = { ...anonymousCaller, kind: 'API_KEY', tenantId: 't1', scopes: ['inference:invoke'] };
const claims = { caller, requestId: 'r1', clientRequestId: 'c1', clientAddress: '10.0.0.7' };
const operation = { query: 'query Q($id: ID!) { model(id: $id) { id } }', variables: { id: 'demo/echo' } };

describe('identity between processes', () => {
  it('hands the caller over unchanged', async () => {
    const token = await signIdentity(secret, 'models', claims, operation);
    const received = JSON.parse(JSON.stringify(operation));
    expect(await createIdentityVerifier(secret, 'models').verify(token, received)).toEqual(claims);
  });

  it('refuses a token that was used before', async () => {
    const token = await signIdentity(secret, 'models', claims, operation);
    const verifier = createIdentityVerifier(secret, 'models');
    await verifier.verify(token, operation);
    await expect(verifier.verify(token, operation)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  it('remembers a used token until it is stale, however late it comes again', async () => {
    let nowMs = 1_800_000_000_000;
    const now = () => nowMs;
    const verifier = createIdentityVerifier(secret, 'models', { now });
    nowMs += 39_000;
    const token = await signIdentity(secret, 'models', claims, operation, now);
    await verifier.verify(token, operation);
    for (const stepMs of [2_000, 27_000, 4_000, 4_000]) {
      nowMs += stepMs;
      await expect(verifier.verify(token, operation)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    }
  });

  it('refuses a token after thirty seconds and the tolerance of clocks', async () => {
    let nowMs = 1_800_000_000_000;
    const token = await signIdentity(secret, 'models', claims, operation, () => nowMs);
    nowMs += 36_000;
    const verifier = createIdentityVerifier(secret, 'models', { now: () => nowMs });
    await expect(verifier.verify(token, operation)).rejects.toThrow(/stale/);
  });

  it('refuses another query, other variables, another operation name', async () => {
    const verifier = createIdentityVerifier(secret, 'models');
    for (const altered of [
      { ...operation, query: `${operation.query} ` },
      { ...operation, variables: { id: 'demo/slow' } },
      { ...operation, variables: undefined },
      { ...operation, operationName: 'Q' },
    ]) {
      const token = await signIdentity(secret, 'models', claims, operation);
      await expect(verifier.verify(token, altered)).rejects.toThrow(/another operation/);
    }
  });

  it('refuses another secret, no token, a token without signature and a longer life than allowed', async () => {
    const verifier = createIdentityVerifier(secret, 'models');
    const other = await signIdentity('another secret that is just as long', 'models', claims, operation);
    const unsigned = `${btoa('{"alg":"none"}').replaceAll('=', '')}.${other.split('.')[1]}.`;
    const iat = Math.floor(Date.now() / 1000) - 3600;
    const longLived = await new SignJWT({ ...claims, operation: operationDigest(operation) })
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuer('heddle-gateway')
      .setJti('j')
      .setIssuedAt(iat)
      .setExpirationTime(iat + 86_400)
      .sign(new TextEncoder().encode(secret));
    for (const token of [other, '', 'x.y.z', unsigned, longLived]) {
      await expect(verifier.verify(token, operation)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    }
  });

  it('refuses with OVERLOADED rather than forget a token that could come again', async () => {
    const verifier = createIdentityVerifier(secret, 'models', { rememberedMax: 1 });
    await verifier.verify(await signIdentity(secret, 'models', claims, operation), operation);
    const second = await signIdentity(secret, 'models', claims, operation);
    await expect(verifier.verify(second, operation)).rejects.toMatchObject({ code: 'OVERLOADED' });
  });

  it('refuses to work with a secret shorter than 32 bytes', async () => {
    expect(() => createIdentityVerifier('short', 'models')).toThrow(/32/);
    await expect(signIdentity('short', 'models', claims, operation)).rejects.toThrow(/32/);
  });

  it('refuses a token that was made for another subgraph', async () => {
    const token = await signIdentity(secret, 'tenants', claims, operation);
    await expect(createIdentityVerifier(secret, 'models').verify(token, operation)).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
    });
  });
});
