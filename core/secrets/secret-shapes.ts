import { crc32 } from 'node:zlib';

/** The form of one kind of credential, as its maker documents it. */
export interface SecretShape {
  /** In capitals, as placeholders and policies name it. */
  readonly kind: string;
  /** With its article, for messages. */
  readonly what: string;
  /** Any of these begins it. */
  readonly starts: readonly string[];
  /** What follows, as the source of a pattern that is bounded in all its repetitions. Its group, if any, is the part drawn at random. */
  readonly body: string;
  /** Characters that `body` consists of, as in the brackets of a pattern. */
  readonly run: string;
  /** What belongs to it before its start, at most 48 characters. */
  readonly before?: RegExp;
  /** True: the start is a name, and the secret is the drawn part alone. */
  readonly isNamed?: boolean;
  /** Whether the drawn part is a key, rather than a name or a placeholder. */
  readonly accepts?: (body: string, isInsideWord: boolean) => boolean;
}

/** What documentation writes in the place of a key. Words of four or five letters count where they stand alone: keys drawn at random hold them too. */
const placeholder =
  /example|placeholder|redacted|insert|change.?me|[x*.]{8}|0123456789|abcdefgh|(?<![a-z\d])(?:your|dummy)(?![a-z\d])/i;

/** What is drawn at random has shown it after as many characters, so that a text that still grows can be decided. */
const decidingChars = 160;

function countDigits(text: string): number {
  return text.match(/\d/g)?.length ?? 0;
}

/** Whether a drawn part is a key, rather than what documentation writes in its place. */
export function isNoPlaceholder(body: string): boolean {
  return !placeholder.test(body.slice(0, 64));
}

function hasDigits(body: string): boolean {
  return isNoPlaceholder(body) && countDigits(body.slice(0, decidingChars)) >= 3;
}

function hasUpperCaseOrDigit(body: string): boolean {
  return isNoPlaceholder(body) && /[A-Z\d]/.test(body.slice(0, decidingChars));
}

/**
 * An unbroken run of letters and digits, in both cases or with several digits. Names are words with separators between, and
 * `task-` or `disk-` before hexadecimal digits is an id.
 */
function isRandom(body: string, isInsideWord: boolean): boolean {
  const run = /[A-Za-z0-9]{16,}/.exec(body.slice(0, decidingChars))?.[0];
  if (run === undefined || !isNoPlaceholder(body) || !/\d/.test(body) || !/[A-Za-z]/.test(run)) return false;
  const hasBothCases = /[A-Z]/.test(run) && /[a-z]/.test(run);
  return hasBothCases || (!isInsideWord && countDigits(run) >= 4);
}

const base62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** GitHub and npm end a token with the CRC32 of its first 30 characters: what has it is a token, whatever it spells. */
function isChecked(body: string): boolean {
  let rest = crc32(body.slice(0, 30));
  let check = '';
  for (let at = 0; at < 6; at += 1) {
    check = (base62[rest % 62] ?? '') + check;
    rest = Math.floor(rest / 62);
  }
  return body.slice(30, 36) === check || isNoPlaceholder(body);
}

/** A password in an address, but no variable and no word that stands for one. */
function isPassword(body: string): boolean {
  return (
    isNoPlaceholder(body) &&
    !/^(?:pass(?:word|wd|phrase)?|pwd|pw|secret|token|x+|\.+)$/i.test(body) &&
    !/^[$<{[(%*]/.test(body)
  );
}

const token = 'A-Za-z0-9_-';
const letters = 'A-Za-z0-9';
const base64 = 'A-Za-z0-9+/=';

/** A shape without more than a prefix and a run of characters. */
function prefixed(
  kind: string,
  what: string,
  starts: readonly string[],
  body: string,
  accepts?: SecretShape['accepts'],
): SecretShape {
  const run = /^\(?\[([^\]]+)\]/.exec(body)?.[1];
  if (run === undefined) throw new Error(`${kind} begins with no class of characters.`);
  return { kind, what, starts, body, run, ...(accepts === undefined ? {} : { accepts }) };
}

const keyBlock =
  '(?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)? ?-{4,5}' +
  '(?:(?:[A-Za-z0-9+/=\\s\\\\:,.()]|-(?!---)){0,16384}-{4,5} ?END [A-Z0-9 ]{1,60}-{4,5}' +
  '|(?:(?:\\s|\\\\[nr]){0,8}[A-Za-z0-9+/=]{20,128}){1,256}(?:(?:\\s|\\\\[nr]){0,8}[A-Za-z0-9+/=]{0,19}$)?)?';

/**
 * Credentials by the shapes that their makers document. None requests a word boundary: letters before or after it do
 * not hide a key.
 */
export const secretShapes: readonly SecretShape[] = [
  {
    kind: 'PRIVATE_KEY',
    what: 'a private key',
    starts: ['----BEGIN ', '---- BEGIN '],
    before: /-?$/,
    body: keyBlock,
    run: `${base64}\\s\\\\:,.()-`,
  },
  {
    kind: 'PRIVATE_KEY',
    what: 'a private key',
    starts: ['PuTTY-User-Key-File-2:', 'PuTTY-User-Key-File-3:'],
    body: '(?:[\\x20-\\x7e\\s]{0,8192}Private-MAC: ?[0-9a-f]{1,80})?',
    run: '\\x20-\\x7e\\s',
  },
  prefixed('PRIVATE_KEY', 'a private key', ['AGE-SECRET-KEY-1'], '[0-9A-Z]{50,60}'),
  prefixed('AWS_KEY', 'an AWS access key', ['AKIA', 'ASIA'], '([0-9A-Z]{16})', isNoPlaceholder),
  prefixed(
    'AWS_KEY',
    'an Amazon Bedrock key',
    ['ABSK', 'bedrock-api-key-'],
    '([A-Za-z0-9+/]{30,2000}={0,2})',
    isRandom,
  ),
  prefixed(
    'GITHUB_TOKEN',
    'a GitHub token',
    ['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_'],
    '([A-Za-z0-9]{36,255})',
    isChecked,
  ),
  prefixed('GITHUB_TOKEN', 'a GitHub token', ['github_pat_'], '([A-Za-z0-9_]{40,255})', isNoPlaceholder),
  prefixed(
    'GITLAB_TOKEN',
    'a GitLab token',
    ['pat', 'ptt', 'dt', 'rt', 'ft', 'soat', 'cbt', 'imt', 'agent', 'oas', 'rtr'].map((part) => `gl${part}-`),
    '([A-Za-z0-9_-]{20,200})',
    hasUpperCaseOrDigit,
  ),
  prefixed('NPM_TOKEN', 'an npm token', ['npm_'], '([A-Za-z0-9]{36,64})', isChecked),
  prefixed('PYPI_TOKEN', 'a PyPI token', ['pypi-AgE'], '[A-Za-z0-9_-]{50,500}'),
  {
    ...prefixed(
      'SLACK_TOKEN',
      'a Slack token',
      [...'abcdeprs'].map((one) => `xox${one}-`),
      '([A-Za-z0-9%_+/=-]{10,400})',
      hasDigits,
    ),
    run: 'A-Za-z0-9%_+/=-',
  },
  prefixed(
    'SLACK_TOKEN',
    'a Slack token',
    ['xapp-', 'xoxe.xoxp-', 'xoxe.xoxb-'],
    '([A-Za-z0-9%_+/=-]{10,400})',
    hasDigits,
  ),
  {
    kind: 'SLACK_WEBHOOK',
    what: 'a Slack webhook',
    starts: ['hooks.slack.com/services/', 'hooks.slack.com/workflows/', 'hooks.slack.com/triggers/'],
    body: '([A-Z0-9]{6,16}/[A-Za-z0-9/]{16,80})',
    run: `${letters}/`,
    isNamed: true,
    accepts: hasDigits,
  },
  prefixed('ANTHROPIC_KEY', 'an Anthropic key', ['sk-ant-'], '([A-Za-z0-9_-]{24,250})', isRandom),
  prefixed(
    'OPENAI_KEY',
    'an OpenAI key',
    ['sk-', 'sk-proj-', 'sk-svcacct-', 'sk-admin-', 'sk-None-', 'sk-or-v1-'],
    '([A-Za-z0-9_-]{24,250})',
    isRandom,
  ),
  prefixed('GOOGLE_KEY', 'a Google key', ['AIza'], '([A-Za-z0-9_-]{35,60})', isNoPlaceholder),
  prefixed('GOOGLE_KEY', 'a Google key', ['AQ.'], '([A-Za-z0-9_-]{20,200})', isRandom),
  prefixed('GOOGLE_KEY', 'a Google key', ['GOCSPX-'], '([A-Za-z0-9_-]{20,60})', hasUpperCaseOrDigit),
  prefixed('GOOGLE_KEY', 'a Google key', ['ya29.'], '([A-Za-z0-9_-]{20,2000})', isRandom),
  prefixed(
    'STRIPE_KEY',
    'a Stripe key',
    ['sk_live_', 'sk_test_', 'sk_prod_', 'rk_live_', 'rk_test_', 'rk_prod_'],
    '([A-Za-z0-9]{16,250})',
    isNoPlaceholder,
  ),
  prefixed('STRIPE_KEY', 'a Stripe key', ['whsec_'], '([A-Za-z0-9+/]{24,100}={0,2})', hasUpperCaseOrDigit),
  prefixed('GROQ_KEY', 'a Groq key', ['gsk_'], '([A-Za-z0-9]{32,100})', hasUpperCaseOrDigit),
  prefixed('XAI_KEY', 'an xAI key', ['xai-'], '([A-Za-z0-9]{40,120})', hasUpperCaseOrDigit),
  prefixed('PERPLEXITY_KEY', 'a Perplexity key', ['pplx-'], '([A-Za-z0-9]{32,80})', hasUpperCaseOrDigit),
  prefixed('CEREBRAS_KEY', 'a Cerebras key', ['csk-'], '([A-Za-z0-9]{32,80})', hasUpperCaseOrDigit),
  prefixed('FIREWORKS_KEY', 'a Fireworks key', ['fw_'], '([A-Za-z0-9]{20,40})', isRandom),
  prefixed('REPLICATE_TOKEN', 'a Replicate token', ['r8_'], '([A-Za-z0-9]{37,60})', hasUpperCaseOrDigit),
  prefixed(
    'HUGGING_FACE_TOKEN',
    'a Hugging Face token',
    ['hf_'],
    '([A-Za-z0-9]{30,60})',
    hasUpperCaseOrDigit,
  ),
  {
    kind: 'HEDDLE_KEY',
    what: 'a Heddle API key',
    starts: ['hd_'],
    body: '[A-Za-z0-9]{4,32}_([A-Za-z0-9_-]{16,100})',
    run: token,
    accepts: isRandom,
  },
  {
    kind: 'SENDGRID_KEY',
    what: 'a SendGrid key',
    starts: ['SG.'],
    body: '[A-Za-z0-9_-]{22}\\.[A-Za-z0-9_-]{43}',
    run: `.${token}`,
  },
  prefixed('DATABRICKS_TOKEN', 'a Databricks token', ['dapi'], '([0-9a-f]{32})(?:-\\d)?', hasDigits),
  prefixed(
    'DOCKER_TOKEN',
    'a Docker token',
    ['dckr_pat_', 'dckr_oat_'],
    '([A-Za-z0-9_-]{27,60})',
    hasUpperCaseOrDigit,
  ),
  {
    ...prefixed(
      'AZURE_KEY',
      'an Azure key',
      ['AccountKey=', 'SharedAccessKey='],
      '([A-Za-z0-9+/]{42,86}={1,2})',
      hasUpperCaseOrDigit,
    ),
    run: base64,
    isNamed: true,
  },
  {
    ...prefixed('AZURE_KEY', 'an Azure key', ['JQQJ9'], '[A-Za-z0-9]{10,24}A[A-Z]{2}OG'),
    before: /[A-Za-z0-9]{36,40}$/,
  },
  {
    ...prefixed('AZURE_KEY', 'an Azure key', ['Q~'], '([A-Za-z0-9_~.-]{31,34})'),
    before: /[A-Za-z0-9_~.-]{0,3}\d$/,
  },
  {
    kind: 'JSON_WEB_TOKEN',
    what: 'a JSON web token',
    starts: ['eyJ'],
    body: '(?:[A-Za-z0-9_-]{8,256}\\.eyJ[A-Za-z0-9_-]{8,4096}(?:\\.[A-Za-z0-9_-]{0,1024})?|(?:hbGciOi|0eXAiOi|raWQiOi|lbmMiOi)[A-Za-z0-9_-]{120,4096}(?:\\.[A-Za-z0-9_-]{0,4096}){0,4})',
    run: `.${token}`,
  },
  {
    kind: 'ADDRESS_PASSWORD',
    what: 'an address with a password',
    starts: ['://'],
    body: '[^\\s/?#:@"\'<>`\\\\]{0,64}:([^\\s/?#@"\'<>`\\\\]{3,100})@',
    run: '^\\s/?#@"\'<>`\\\\',
    isNamed: true,
    accepts: isPassword,
  },
];

/** A credential without a form of its own, known by the name before it, in any case. */
export interface NamedSecret {
  readonly kind: string;
  readonly what: string;
  readonly name: string;
  /** Words, without one of which `name` matches nothing; letters of ASCII stand for both cases. */
  readonly words: readonly string[];
  /** What stands in the group of the pattern. */
  readonly body: string;
  readonly run: string;
  readonly accepts: (body: string) => boolean;
}

const between = '["\'\\s:=>]{1,12}';

/** Each of the first words with each of the others. */
function joinWords(...parts: readonly (readonly string[])[]): readonly string[] {
  return parts.reduce((starts, ends) => starts.flatMap((start) => ends.map((end) => start + end)));
}

export const namedSecrets: readonly NamedSecret[] = [
  {
    kind: 'AWS_SECRET',
    what: 'an AWS secret key',
    name: `(?:aws_?secret|secret_?access_?key)[A-Za-z_]{0,20}${between}(?!arn:)`,
    words: [
      ...joinWords(['aws'], ['', '_'], ['secret']),
      ...joinWords(['secret'], ['', '_'], ['access'], ['', '_'], ['key']),
    ],
    body: '[A-Za-z0-9/+]{40}',
    run: '[A-Za-z0-9/+]{0,40}',
    accepts: hasUpperCaseOrDigit,
  },
  {
    kind: 'AZURE_KEY',
    what: 'an Azure key',
    name: `(?:api|subscription|account|access)[-_ ]?key${between}`,
    words: joinWords(['api', 'subscription', 'account', 'access'], ['', '-', '_', ' '], ['key']),
    body: '[0-9a-f]{32}',
    run: '[0-9a-f]{0,32}',
    accepts: hasDigits,
  },
  {
    kind: 'AZURE_KEY',
    what: 'an Azure key',
    name: '[?&]sig=',
    words: ['?sig=', '&sig='],
    body: '[A-Za-z0-9%+/]{40,80}(?:=|%3D)',
    run: '[A-Za-z0-9%+/]{0,84}',
    accepts: hasUpperCaseOrDigit,
  },
];

/** The shape of an operator's or a tenant's own keys: one of the prefixes, then at least 12 characters with a digit or a capital. */
export function ownKeyShape(prefixes: readonly string[]): SecretShape {
  return prefixed('OWN_KEY', 'a key', prefixes, `([${token}]{12,250})`, hasUpperCaseOrDigit);
}

/** Every kind of credential, once. */
export const secretKinds: readonly string[] = [
  ...new Set([...secretShapes, ...namedSecrets].map(({ kind }) => kind)),
];
