import { describe, expect, it } from 'vitest';
import { createRedact } from './redact.ts';
import { secretVariables } from './secret-files.ts';

const password = 'p4ss-w0rd-of-mine';

describe('createRedact', () => {
  it.each(secretVariables)('hides the value of %s wherever it stands', (name) => {
    const redact = createRedact({ [name]: `${password}-of-a-user@host` });
    const text = redact(`before ${password}-of-a-user@host after`);
    expect(text).not.toContain(password);
    expect(text).toMatch(/^before …/);
    expect(text).toMatch(/after$/);
  });

  it.each([
    ['a database', 'mongodb://user:PASSWORD@host:1/db'],
    ['a password that ends the URL early', 'mongodb://user:PASS/PASSWORD@host/db'],
    ['two at signs', 'redis://user:PASSWORD@home@host'],
    ['no scheme', 'user:PASSWORD@host:6379'],
    ['one slash', 'redis:/user:PASSWORD@host'],
    ['no user', 'redis://:PASSWORD@host'],
    ['a token alone', 'http://PASSWORD@host'],
    ['the second of several', 'http://host/graphql, http://user:PASSWORD@other/graphql'],
    ['a parameter', 'redis://host?db=1&password=PASSWORD'],
    ['a parameter of the driver', 'mongodb://host/?tls=true&proxyPassword=PASSWORD'],
    ['a part of a parameter', 'mongodb://host/?authMechanismProperties=AWS_SESSION_TOKEN:PASSWORD'],
  ])('hides the password in an address with %s, and the address with it', (_what, form) => {
    const address = form.replace('PASSWORD', password);
    for (const name of ['MONGO_URL', 'HEDDLE_MODELS_URL', 'https_proxy', 'OPENAI_BASE_URL', 'SENTRY_DSN']) {
      const redact = createRedact({ [name]: address });
      for (const text of [`Invalid URL "${address}"`, `${password} is wrong`, JSON.stringify({ address })])
        expect(redact(text), text).not.toContain(password);
    }
  });

  it('hides a password that is percent-encoded in the address, in both forms', () => {
    const redact = createRedact({ MONGO_URL: 'mongodb://user:p%40ss%2Fword-1@host' });
    expect(redact('p@ss/word-1 p%40ss%2Fword-1')).toBe('… …');
  });

  it('hides what JSON escapes', () => {
    const redact = createRedact({ REDIS_URL: 'redis://user:quo"te\\and-more@host' });
    expect(redact(JSON.stringify('a quo"te\\and-more b'))).toBe('"a … b"');
  });

  it('hides every line of a private key, also in a variable that names a file', () => {
    const line = 'MC4CAQAwBQYDK2VwBCIEIPssst';
    const pem = `-----BEGIN PRIVATE KEY-----\n${line}\n-----END PRIVATE KEY-----`;
    expect(createRedact({ HEDDLE_TLS_KEY: pem })(`open '${pem}' ${line}`)).toBe("open '…' …");
  });

  it('hides user and password of addresses that come from elsewhere', () => {
    expect(createRedact({})('GET http://user:secret@host/path?at=a@b failed')).toBe(
      'GET http://…@host/path?at=a@b failed',
    );
  });

  it('leaves everything else as it is: addresses without a password, short texts, paths', () => {
    const redact = createRedact({
      MONGO_URL: 'embedded:./data/store',
      REDIS_URL: 'redis://heddle:a@host:6379',
      npm_package_json: '/home/node_modules/@scope/package.json',
      HOST: '127.0.0.1',
    });
    const text = 'embedded:./data/store at /home/node_modules/@scope a heddle host:6379 127.0.0.1';
    expect(redact(text)).toBe(text);
  });
});
