import type { LabelledSet } from '../labelled.ts';
import type { Draw } from '../random.ts';
import { plainFrames } from './frames.ts';

const lower = 'abcdefghijklmnopqrstuvwxyz';
const base62 = `0123456789${lower}${lower.toUpperCase()}`;
const hex = '0123456789abcdef';

/** As their makers make them: the secret, and what stands before it. */
const makers: Readonly<Record<string, (draw: Draw) => string | readonly [name: string, secret: string]>> = {
  PRIVATE_KEY: (draw) => {
    const type = draw.pick(['', 'RSA ', 'EC ', 'OPENSSH ', 'ENCRYPTED ']);
    const lines = Array.from({ length: 8 }, () => draw.text(64, base62)).join('\n');
    return `-----BEGIN ${type}PRIVATE KEY-----\n${lines}\n-----END ${type}PRIVATE KEY-----`;
  },
  AWS_KEY: (draw) => draw.pick([`AKIA${draw.fill('****************')}`, `ABSK${draw.text(110, base62)}=`]),
  AWS_SECRET: (draw) => [
    draw.pick(['aws_secret_access_key = ', 'secretAccessKey: ']),
    draw.text(40, `${base62}/+`),
  ],
  AZURE_KEY: (draw) =>
    draw.pick<readonly [string, string]>([
      ['api-key: ', draw.text(32, hex)],
      ['AccountName=a;AccountKey=', `${draw.text(86, base62)}==`],
    ]),
  GITHUB_TOKEN: (draw) =>
    draw.pick([
      `ghp_${draw.text(36, base62)}`,
      `github_pat_${draw.text(22, base62)}_${draw.text(59, base62)}`,
    ]),
  GITLAB_TOKEN: (draw) => `glpat-${draw.text(20, base62)}`,
  NPM_TOKEN: (draw) => `npm_${draw.text(36, base62)}`,
  PYPI_TOKEN: (draw) => `pypi-AgEIcHlwaS5vcmc${draw.text(120, base62)}`,
  SLACK_TOKEN: (draw) =>
    `xoxb-${draw.fill('9999999999')}-${draw.fill('9999999999')}-${draw.text(24, base62)}`,
  SLACK_WEBHOOK: (draw) => [
    'https://hooks.slack.com/services/',
    `T${draw.fill('********')}/B${draw.fill('********')}/${draw.text(24, base62)}`,
  ],
  ANTHROPIC_KEY: (draw) => `sk-ant-api03-${draw.text(93, base62)}AA`,
  OPENAI_KEY: (draw) =>
    draw.pick([
      `sk-proj-${draw.text(74, base62)}T3BlbkFJ${draw.text(74, base62)}`,
      `sk-or-v1-${draw.text(64, hex)}`,
    ]),
  GOOGLE_KEY: (draw) => draw.pick([`AIza${draw.text(35, base62)}`, `GOCSPX-${draw.text(28, base62)}`]),
  STRIPE_KEY: (draw) => draw.pick([`sk_live_${draw.text(24, base62)}`, `whsec_${draw.text(32, base62)}`]),
  GROQ_KEY: (draw) => `gsk_${draw.text(52, base62)}`,
  XAI_KEY: (draw) => `xai-${draw.text(80, base62)}`,
  PERPLEXITY_KEY: (draw) => `pplx-${draw.text(48, base62)}`,
  CEREBRAS_KEY: (draw) => `csk-${draw.text(48, `${lower}0123456789`)}`,
  FIREWORKS_KEY: (draw) => `fw_${draw.text(22, base62)}`,
  REPLICATE_TOKEN: (draw) => `r8_${draw.text(37, base62)}`,
  HUGGING_FACE_TOKEN: (draw) => `hf_${draw.text(34, lower + lower.toUpperCase())}`,
  HEDDLE_KEY: (draw) => `hd_${draw.text(12, base62)}_${draw.text(43, base62)}`,
  SENDGRID_KEY: (draw) => `SG.${draw.text(22, base62)}.${draw.text(43, base62)}`,
  DATABRICKS_TOKEN: (draw) => `dapi${draw.text(32, hex)}`,
  DOCKER_TOKEN: (draw) => `dckr_pat_${draw.text(27, base62)}`,
  JSON_WEB_TOKEN: (draw) =>
    `eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJ${draw.text(60, base62)}.${draw.text(43, base62)}`,
  ADDRESS_PASSWORD: (draw) => [`postgres://${draw.text(6, lower)}:`, draw.text(14, base62)],
};

const announced = [
  ...['password: ', 'api_key = ', '"clientSecret":"', 'SESSION_TOKEN=', 'Passwort: ', 'key '],
  ...["access token: '", 'db-password => '],
];

/** Keys without a form of a maker, found by their entropy. */
export const unknownSecretsSet: LabelledSet = {
  rule: 'secrets',
  options: { entropy: true },
  kinds: ['UNKNOWN_SECRET'],
  make: (kind, draw) => {
    const value = draw.text(20 + draw.integer(30), draw.pick([base62, base62, `${lower}0123456789`]));
    const written = `${draw.pick(announced)}${value}`;
    return { kind, value, text: draw.pick(plainFrames).replace('{}', () => written) };
  },
};

const after: Readonly<Record<string, string>> = { ADDRESS_PASSWORD: '@db.internal:5432/app' };

/** Credentials of every kind, in sentences of ten languages and in forms of data. */
export const secretsSet: LabelledSet = {
  rule: 'secrets',
  kinds: Object.keys(makers),
  make: (kind, draw) => {
    const made = makers[kind]?.(draw);
    if (made === undefined) throw new Error(`There is no maker of ${kind}.`);
    const [name, value] = typeof made === 'string' ? ['', made] : made;
    const written = `${name}${value}${after[kind] ?? ''}`;
    return { kind, value, text: draw.pick(plainFrames).replace('{}', () => written) };
  },
};
