import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { fc } from '#test/support/properties.ts';
import { everySecret, findSecret, findSecretsPausing, redactSecrets, SecretSearch } from './find-secrets.ts';
import { namedSecrets, secretShapes } from './secret-shapes.ts';
import { unknownSecret } from './unknown-secret.ts';

const base62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const random = (length: number, alphabet = base62) =>
  Array.from(randomBytes(length), (byte) => alphabet[byte % alphabet.length]).join('');
const hex = (length: number) => random(length, '0123456789abcdef');
const upper = (length: number) => random(length, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567');

/** Made anew in each run, as their makers make them. */
const secrets: Readonly<Record<string, () => string>> = {
  'RSA private key': () => '-----BEGIN RSA PRIVATE KEY-----',
  'PKCS 8 private key': () => '-----BEGIN PRIVATE KEY-----',
  'encrypted private key': () => '-----BEGIN ENCRYPTED PRIVATE KEY-----',
  'OpenSSH private key': () => '-----BEGIN OPENSSH PRIVATE KEY-----',
  'SSH2 private key': () => '---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----',
  'PGP private key': () => '-----BEGIN PGP PRIVATE KEY BLOCK-----',
  'PuTTY private key': () => 'PuTTY-User-Key-File-3: ssh-ed25519',
  'age secret key': () => `AGE-SECRET-KEY-1${upper(58)}`,
  'AWS access key': () => `AKIA${upper(16)}`,
  'AWS session key': () => `ASIA${upper(16)}`,
  'AWS secret key': () => `aws_secret_access_key = ${random(39)}/`,
  'AWS secret key in JSON': () => `"secretAccessKey": "${random(38)}1+"`,
  'Bedrock key': () => `ABSK${random(110)}=`,
  'GitHub token': () => `ghp_${random(36)}`,
  'GitHub server token': () => `ghs_${random(36)}`,
  'GitHub fine-grained token': () => `github_pat_${random(22)}_${random(59)}`,
  'GitLab token': () => `glpat-${random(18)}A1`,
  'npm token': () => `npm_${random(36)}`,
  'Slack bot token': () => `xoxb-2233445566-7788990011-${random(24)}`,
  'Slack refresh token': () => `xoxe-1-My0xLTEyMzQ1${random(100)}`,
  'Slack client token': () => `xoxc-123456789012-123456789012-123456789012-${hex(64)}`,
  'Slack cookie': () => `xoxd-aB1%2F2${random(60)}%3D%3D`,
  'Slack app token': () => `xapp-1-A012BCDEFGH-1234567890123-${hex(64)}`,
  'OpenAI key': () => `sk-${random(20)}T3BlbkFJ${random(19)}9`,
  'OpenAI project key': () => `sk-proj-${random(74)}T3BlbkFJ${random(74)}`,
  'OpenAI service key': () => `sk-svcacct-${random(58)}T3BlbkFJ${random(58)}`,
  'DeepSeek key': () => `sk-0a1b2c${hex(26)}`,
  'OpenRouter key': () => `sk-or-v1-${hex(64)}`,
  'Anthropic key': () => `sk-ant-api03-${random(93)}AA`,
  'Google key': () => `AIza${random(35)}`,
  'Google express key': () => `AQ.Ab8RN6${random(44)}`,
  'Google client secret': () => `GOCSPX-${random(27)}7`,
  'Stripe live key': () => `sk_live_${random(24)}`,
  'Stripe test key': () => `sk_test_${random(24)}`,
  'Stripe restricted key': () => `rk_live_${random(99)}`,
  'Stripe webhook secret': () => `whsec_${random(31)}A`,
  'Groq key': () => `gsk_${random(51)}A`,
  'xAI key': () => `xai-${random(79)}A`,
  'Perplexity key': () => `pplx-${random(47)}A`,
  'Hugging Face token': () => `hf_${random(33, 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ')}Q`,
  'Heddle key': () => `hd_${random(12)}_${random(41)}a1`,
  'JSON web token': () => `eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.${random(43)}`,
  'Azure storage key': () => `AccountName=a;AccountKey=${random(86)}==`,
  'Azure OpenAI key': () => `"api-key": "0a1b${hex(28)}"`,
  'Databricks token': () => `dapi${hex(29)}123`,
  'SendGrid key': () => `SG.${random(22)}.${random(43)}`,
  'Docker token': () => `dckr_pat_${random(26)}A`,
  'PyPI token': () => `pypi-AgEIcHlwaS5vcmc${random(100)}`,
  'password in an address': () => `postgres://admin:${random(12)}@db.internal:5432/app`,
  'shared access signature': () => `https://a.blob.core.windows.net/c?sv=2024&sig=${random(43)}%3D`,
  'Azure client secret': () => `abc8Q~${random(34)}`,
};

const harmless: readonly string[] = [
  '<div class="sk-folding-cube-animation-container-large">',
  'https://ex.org/blog/sk-learn-pipelines-for-production-grade-systems',
  'sk-SK-translations-for-the-onboarding-wizard.json',
  'hd_audit_log_table_names_are_long',
  'xoxb-your-token-here',
  'xoxb-<your-bot-token>',
  'AKIAIOSFODNN7EXAMPLE',
  'aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  `sk-${'x'.repeat(48)}`,
  `sk-proj-${'x'.repeat(80)}`,
  `ghp_${'x'.repeat(36)}`,
  'sk-your-openai-api-key-goes-here-1234567890abcd',
  'sk-ant-your-key-here-please-replace-me',
  'risk-assessment-2024-Q3-internationalization-Report',
  'task-0a1b2c3d4e5f60718293a4b5c6d7e8f9',
  'disk-550e8400-e29b-41d4-a716-446655440000',
  'My sk-8 skateboard, an AKIA of sorts, and the hd_video_setting.',
  'BEGIN PRIVATE KEY',
  '-----BEGIN PUBLIC KEY-----',
  '-----BEGIN CERTIFICATE-----',
  'hf_transfer_is_enabled_for_this_download_of_the_model',
  'npm_config_registry_of_the_workspace_in_which_it_is_run',
  'glpat-your-personal-access-token',
  'whsec_your_webhook_signing_secret_here',
  'sha256 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  'api key: see the wiki',
  'postgres://user:password@host.test/db',
  'https://$USER:$PASSWORD@host.test',
  'https://host.test:8080/a@2x.png',
  'ghp_0123456789abcdefghijklmnopqrstuvwxyz',
];

/** Where secrets of shapes stand in a text of ASCII: each shape tried at every place, as `SecretSearch` does at those that it selects. */
function findEverywhere(text: string): readonly (readonly [kind: string, start: number, end: number])[] {
  const starts = secretShapes.flatMap((shape) => shape.starts).sort((a, b) => b.length - a.length);
  const found: (readonly [kind: string, start: number, end: number])[] = [];
  const tryAt = (at: number): number => {
    const longest = starts.find((start) => text.startsWith(start, at));
    for (const { kind, body, before, isNamed, accepts, ...shape } of longest === undefined
      ? []
      : secretShapes) {
      if (!shape.starts.some((one) => longest?.startsWith(one))) continue;
      const begin = shape.starts.toSorted((a, b) => b.length - a.length).map(RegExp.escape);
      const match = new RegExp(`^(?:${begin.join('|')})${body}`, 'd').exec(text.slice(at));
      const head = before === undefined ? '' : before.exec(text.slice(Math.max(0, at - 48), at))?.[0];
      if (match === null || head === undefined) continue;
      if (accepts?.(match[1] ?? match[0], /[aeiou]/i.test(text[at - 1] ?? '')) === false) continue;
      const [from, to] = (isNamed === true ? match.indices?.[1] : undefined) ?? [
        -head.length,
        match[0].length,
      ];
      found.push([kind, at + from, at + to]);
      return at + to;
    }
    return at + 1;
  };
  for (let at = 0; at < text.length; ) at = tryAt(at);
  // Those that overlap one before are left out.
  let to = 0;
  return found
    .sort((a, b) => a[1] - b[1] || b[2] - a[2])
    .filter(([, start, end]) => {
      const isApart = start >= to;
      if (isApart) to = end;
      return isApart;
    });
}

describe('secret shapes', () => {
  it('are found at the places at which any of them matches', () => {
    const shapes = new SecretSearch(secretShapes, []);
    const start = fc.constantFrom(...secretShapes.flatMap((shape) => shape.starts));
    const piece = fc.oneof(
      fc.constantFrom(...Object.values(secrets).map((make) => make())),
      start,
      start.map((one) => one.toLowerCase()),
      fc.constantFrom(random(20), random(40), hex(32), ' ', 'a', '-', '/', '.', 'x1Q~', '@', ':'),
      fc.string({ maxLength: 6 }),
    );
    let found = 0;
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = pieces.join('');
        const expected = findEverywhere(text);
        found += expected.length;
        expect([text, shapes.find(text).map(({ kind, start: from, end }) => [kind, from, end])]).toEqual([
          text,
          expected,
        ]);
      }),
      { numRuns: 1_000 },
    );
    expect(found).toBeGreaterThan(500);
  });

  it.each([...namedSecrets, unknownSecret])(
    'have a word in all that names $what: $name',
    ({ name, words }) => {
      const source = name.replace(/\(\?<?[!=][^()]*\)/g, '');
      fc.assert(
        fc.property(fc.stringMatching(new RegExp(`^(?:${source})$`)), fc.boolean(), (drawn, isLoud) => {
          const written = isLoud ? drawn.toUpperCase() : drawn;
          const small = written.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
          expect([written, words.some((word) => small.includes(word))]).toEqual([written, true]);
        }),
      );
    },
  );

  it.each(Object.entries(secrets))('finds a %s, wherever it stands, and redacts it', (_, make) => {
    for (let run = 0; run < 20; run++) {
      const secret = make();
      const hidden = [...secret].join('\u200b');
      for (const text of [secret, `key: ${secret} end`, `x${secret}`, `${secret}.`, `\ufeff${hidden}`]) {
        expect([text, findSecret(text)]).toEqual([text, expect.stringMatching(/^an? /)]);
      }
      const redacted = redactSecrets(`before ${secret} after`);
      expect(redacted).toMatch(/^before .*\*\*\*.* after$/s);
      expect(redacted).not.toContain(secret);
    }
  });

  it.each(harmless)('lets %s pass', (text) => {
    expect(findSecret(text)).toBeNull();
    expect(redactSecrets(text)).toBe(text);
  });

  it.each(['your', 'Your', 'dummy'])('finds keys that hold %s by chance', (word) => {
    const secret = `sk_test_TCNPXX6StzIytkly4${word}k8q`;
    expect(findSecret(secret)).toBe('a Stripe key');
    expect(redactSecrets(secret)).not.toContain(word);
  });

  it('finds a key behind a placeholder, and in wide letters', () => {
    expect(findSecret(`sk-your-key-here-sk-proj-${random(40)}Aa1`)).not.toBeNull();
    expect(findSecret(`ｇｈｐ_${random(36)}`)).toBe('a GitHub token');
  });

  it('reads a text that repeats the beginning of a key in time linear in its length', () => {
    for (const unit of ['sk-', 'eyJ', 'eyJaaaaaaa.', '-----BEGIN A ', 'aws_secret', 'a', 'xoxb-', '?sig=']) {
      expect(findSecret(unit.repeat(300_000 / unit.length))).toBeNull();
    }
  });

  it('finds a key in a long text wherever it begins, with a turn for others meanwhile', async () => {
    for (const at of [0, 8_190, 16_300, 16_384, 24_500, 32_760, 100_000, 199_950]) {
      const secret = secrets['OpenAI project key']?.() ?? '';
      const text = `${'words '.repeat(40_000).slice(0, at)}${secret}${' and so on'.repeat(500)}`;
      const found = await findSecretsPausing(text, (part) => everySecret.find(part));
      expect(found).toMatchObject([{ what: 'an OpenAI key', start: at, end: at + secret.length }]);
    }
    let turns = 0;
    const count = () => {
      turns += 1;
      timer = setImmediate(count);
    };
    let timer = setImmediate(count);
    expect(await findSecretsPausing('sk-'.repeat(400_000), (part) => everySecret.find(part))).toEqual([]);
    clearImmediate(timer);
    expect(turns).toBeGreaterThan(5);
  });

  it.each(Object.entries(secrets))(
    'states where a %s stands, invisible characters within it included',
    (_, make) => {
      const secret = make();
      const hidden = [...secret].join('\u200b');
      const [found] = everySecret.find(`a: ${hidden}; b`);
      const piece = `a: ${hidden}; b`.slice(found?.start, found?.end);
      expect(piece.length).toBeGreaterThan(15);
      expect(hidden).toContain(piece);
      // What is left of it is its name alone.
      expect(everySecret.find(`a: ${hidden.replace(piece, '')}; b`)).toEqual([]);
    },
  );

  it('states the whole of a private key, with or without its end', () => {
    const lines = Array.from({ length: 20 }, () => random(64)).join('\n');
    const key = `-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\n${lines}\n-----END RSA PRIVATE KEY-----`;
    const cut = `-----BEGIN PRIVATE KEY-----\n${lines}\nAbc`;
    for (const secret of [key, key.replaceAll('\n', '\\n'), key.replaceAll('\n', '\r\n')]) {
      expect(redactSecrets(`before ${secret} after`)).toBe('before *** after');
    }
    expect(redactSecrets(`before ${cut}`)).toBe('before ***');
    expect(redactSecrets('-----BEGIN PRIVATE KEY----- begins a file')).toBe('*** begins a file');
  });

  it('accepts a token whose check digits are right, whatever it spells', () => {
    // 30 characters and their CRC32 in base 62.
    const body = 'exampleexampleexampleexample00';
    let rest = crc32(body);
    let check = '';
    for (let at = 0; at < 6; at += 1, rest = Math.floor(rest / 62)) check = (base62[rest % 62] ?? '') + check;
    expect(findSecret(`ghp_${body}${check}`)).toBe('a GitHub token');
    expect(findSecret(`npm_${body}${check}`)).toBe('an npm token');
    expect(findSecret(`ghp_${body}000000`)).toBeNull();
  });

  it.each(Object.entries(secrets))('holds a %s that still grows, from its first characters', (_, make) => {
    const secret = make();
    const text = `a text; ${secret}`;
    const [found] = everySecret.find(text);
    if (found === undefined) throw new Error('not found');
    for (let length = found.start + 4; length <= text.length; length += 1) {
      const grown = text.slice(0, length);
      const held = everySecret.holdFrom(grown);
      expect(grown.length - held).toBeLessThanOrEqual(200);
      const isFound = everySecret.find(grown).some(({ end }) => end === length);
      const isHeld = held <= Math.max(found.start + 4, length - 200) || length > found.end;
      expect([grown, isFound || isHeld]).toEqual([grown, true]);
    }
  });

  it('holds no more of ordinary text than what may begin a key', () => {
    for (const text of ['', 'The end.', 'Hello, world', 'price: 12 EUR ', 'x = y;\n', 'a board']) {
      expect([text, text.length - everySecret.holdFrom(text)]).toEqual([text, text.endsWith('d') ? 1 : 0]);
    }
    expect('look at task-'.length - everySecret.holdFrom('look at task-')).toBe(3);
  });
});
