import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readEnvironment, variables } from '../config.ts';
import { readSecretFiles, secretVariables } from './secret-files.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'heddle-secrets-'));
});
afterAll(() => rm(dir, { recursive: true }));

async function writeSecretFile(text: string): Promise<string> {
  const file = join(dir, `${Math.abs(text.length)}-${Buffer.from(text).toString('hex').slice(0, 12)}`);
  await writeFile(file, text);
  return file;
}

describe('secrets in files', () => {
  it('are read for every secret variable and every key of a provider', async () => {
    const file = await writeSecretFile('the content\n');
    const isReadAgain = (name: string) => Object.hasOwn(variables, `${name}_FILE`);
    expect(secretVariables.filter(isReadAgain)).toEqual(['VAULT_TOKEN']);
    for (const name of secretVariables.filter((one) => !isReadAgain(one))) {
      const env: Record<string, string | undefined> = { [`${name}_FILE`]: file };
      readSecretFiles(env);
      expect(env).toEqual({ [name]: 'the content' });
    }
    const secret = Object.entries<{ secret?: true }>(variables).filter(([, about]) => about.secret);
    expect(secret.length).toBeGreaterThan(4);
    for (const [name] of secret) expect(secretVariables).toContain(name);
    expect(secretVariables).toEqual(expect.arrayContaining(['OPENAI_API_KEY', 'ANTHROPIC_API_KEY']));
  });

  it('give an environment that is as good as one with the texts themselves', async () => {
    const text = 'r'.repeat(40);
    const env: Record<string, string | undefined> = {
      HEDDLE_MESH_SECRET_FILE: await writeSecretFile(`${text}\r\n`),
    };
    readSecretFiles(env);
    expect(readEnvironment(env).HEDDLE_MESH_SECRET).toBe(text);
  });

  it('are not read for other variables, and count as unset when they are empty', async () => {
    const env: Record<string, string | undefined> = {
      PORT_FILE: '/nowhere',
      REDIS_URL_FILE: await writeSecretFile('\n'),
      MONGO_URL_FILE: '',
    };
    readSecretFiles(env);
    expect(env).toEqual({ PORT_FILE: '/nowhere', MONGO_URL_FILE: '' });
  });

  it('are refused when they cannot be read, are too large, or stand beside the text, without telling it', async () => {
    expect(() => readSecretFiles({ HEDDLE_ADMIN_KEY_FILE: join(dir, 'none') })).toThrow(
      /HEDDLE_ADMIN_KEY_FILE/,
    );
    expect(() => readSecretFiles({ HEDDLE_ADMIN_KEY_FILE: dir })).toThrow(/cannot be read/);
    const large = join(dir, 'large');
    await writeFile(large, 'x'.repeat(70_000));
    expect(() => readSecretFiles({ HEDDLE_ADMIN_KEY_FILE: large })).toThrow(/larger than/);
    const both = { HEDDLE_ADMIN_KEY: 'pssst', HEDDLE_ADMIN_KEY_FILE: await writeSecretFile('pssst') };
    expect(() => readSecretFiles(both)).toThrow(
      /^HEDDLE_ADMIN_KEY and HEDDLE_ADMIN_KEY_FILE are both set: keep one$/,
    );
  });
});
