import { expect, it } from 'vitest';
import { startSampleGateway } from '#test/support/gateways/sample-gateway.ts';

it('links that lead nowhere count as refused requests of their address, and are answered with 429 after too many', async () => {
  const clock = { ms: 1_800_000_000_000 };
  await using sample = await startSampleGateway({ now: () => clock.ms });
  const open = (token: string) =>
    fetch(`${sample.url}/auth/invitation?token=${token}`, { redirect: 'manual' }).then(
      ({ status }) => status,
    );
  const statuses: number[] = [];
  for (let n = 0; n < 250; n++) statuses.push(await open('unknown'));
  expect(new Set(statuses)).toEqual(new Set([404, 429]));
  expect(statuses.lastIndexOf(404)).toBeLessThan(statuses.indexOf(429));
  expect(await open('known')).toBe(429);
  clock.ms += 2_000;
  expect(await open('known')).toBe(303);
});
