import { randomBytes } from 'node:crypto';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { readEnvironment, StartError } from '../config.ts';
import { checkSecrets, reportWeakSecrets } from './check-secrets.ts';

const weak = {
  HEDDLE_ADMIN_KEY: `hd_${'a'.repeat(40)}`,
  HEDDLE_ENCRYPTION_KEY: '00'.repeat(32),
  HEDDLE_MESH_SECRET: 's'.repeat(32),
  HEDDLE_STORE_PASSWORD: '1234'.repeat(4),
};
const known = {
  HEDDLE_ADMIN_KEY: `hd_${'changeme'.repeat(5)}`,
  HEDDLE_ENCRYPTION_KEY: Buffer.from('changeme'.repeat(4)).toString('base64'),
  HEDDLE_MESH_SECRET: 'secret'.repeat(6),
  HEDDLE_STORE_PASSWORD: 'password-password',
};
const names = Object.keys(weak) as (keyof typeof weak)[];
const check = (env: Record<string, string>) => checkSecrets(readEnvironment(env));

describe('checkSecrets', () => {
  it.each(names)(
    'lets a weak %s through on loopback, and reports it in one line without its value',
    (name) => {
      for (const host of [{}, { HOST: '::1' }, { HOST: '0.0.0.0', HEDDLE_REFUSE_WEAK_SECRETS: 'off' }]) {
        const lines: string[] = [];
        const log = pino({ level: 'info' }, { write: (line) => void lines.push(line) });
        reportWeakSecrets(check({ [name]: weak[name], ...host }), log);
        expect(lines).toHaveLength(1);
        expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 40, event: 'weak_secret', variable: name });
        expect(lines[0]).not.toContain(weak[name]);
      }
    },
  );

  it.each(names)('refuses a weak %s beyond loopback, and where it is configured to', (name) => {
    for (const production of [
      { HOST: '0.0.0.0' },
      { HOST: 'heddle' },
      { HEDDLE_REFUSE_WEAK_SECRETS: 'on' },
    ]) {
      const start = () => check({ [name]: weak[name], ...production });
      expect(start).toThrow(StartError);
      expect(start).toThrow(
        new RegExp(`^${name}: could be guessed .*openssl.*HEDDLE_REFUSE_WEAK_SECRETS=off$`),
      );
      expect(start).toThrow(expect.objectContaining({ message: expect.not.stringContaining(weak[name]) }));
    }
  });

  it.each(names)('refuses a placeholder as %s everywhere', (name) => {
    for (const how of [{}, { HEDDLE_REFUSE_WEAK_SECRETS: 'off' }, { HOST: '0.0.0.0' }]) {
      expect(() => check({ [name]: known[name], ...how })).toThrow(`${name}: is a placeholder of examples`);
    }
  });

  it('looks at each of two mesh secrets', () => {
    const good = randomBytes(32).toString('hex');
    for (const [bad, says] of [
      [weak.HEDDLE_MESH_SECRET, /could be guessed/],
      [known.HEDDLE_MESH_SECRET, /placeholder/],
    ] as const) {
      for (const text of [`${bad},${good}`, `${good}, ${bad}`]) {
        expect(() => check({ HEDDLE_MESH_SECRET: text, HOST: '0.0.0.0' })).toThrow(says);
      }
    }
    const both = `${known.HEDDLE_MESH_SECRET},${weak.HEDDLE_MESH_SECRET}`;
    expect(() => check({ HEDDLE_MESH_SECRET: both })).toThrow(/placeholder/);
    expect(check({ HEDDLE_MESH_SECRET: `${good},${good}`, HOST: '0.0.0.0' })).toEqual([]);
  });

  it('takes secrets that are drawn at random, and none', () => {
    const hex = randomBytes(32).toString('hex');
    const env = {
      HEDDLE_ADMIN_KEY: `hd_${hex}`,
      HEDDLE_ENCRYPTION_KEY: hex,
      HEDDLE_MESH_SECRET: hex,
      HOST: '0.0.0.0',
    };
    expect(check(env)).toEqual([]);
    expect(check({ HOST: '0.0.0.0' })).toEqual([]);
  });
});
