import { describe, expect, it } from 'vitest';
import { newAdminKey, startHeddle, temporaryDirectory } from '#test/support/mesh.ts';

/** What a start with these variables says before it ends with exit code 1. */
async function failure(environment: Readonly<Record<string, string>>): Promise<string> {
  await using dir = await temporaryDirectory();
  await using heddle = startHeddle([], {
    PORT: '0',
    HEDDLE_DATA_DIR: dir.path,
    HEDDLE_ADMIN_KEY: newAdminKey(),
    ...environment,
  });
  await heddle.line(/^never printed$/).catch(() => undefined);
  expect(await heddle.end()).toBe(1);
  return heddle.output();
}

describe('a start that fails', () => {
  it('names the variable when the database cannot be reached, and not its password', async () => {
    const said = await failure({
      MONGO_URL: 'mongodb://user:hunter2@127.0.0.1:1/heddle?serverSelectionTimeoutMS=2000',
    });
    expect(said).toMatch(/^heddle: the database that MONGO_URL names cannot be used: .*ECONNREFUSED/);
    expect(said).not.toContain('hunter2');
  });

  it('names the variable when the machine does not know the host', async () => {
    expect(await failure({ HOST: 'nosuchhost.invalid' })).toBe(
      'heddle: the name nosuchhost.invalid is unknown to this machine; set HOST',
    );
  });
});
