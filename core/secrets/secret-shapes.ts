import { setImmediate as nextTurn } from 'node:timers/promises';

/** The form of one kind of credential. */
interface SecretShape {
  /** With its article, for messages. */
  readonly what: string;
  /** Global, and bounded in all its repetitions. Its group, where it has one, is the part drawn at random. */
  readonly pattern: RegExp;
  /** Whether that part is a key, rather than a name or a placeholder. */
  readonly accepts?: (body: string, isInsideWord: boolean) => boolean;
}

/** What documentation writes in the place of a key. Words of four or five letters count where they stand alone: keys drawn at random hold them too. */
const placeholder =
  /example|placeholder|redacted|insert|change.?me|[x*.]{8}|(?<![a-z\d])(?:your|dummy)(?![a-z\d])/i;

function countDigits(text: string): number {
  return text.match(/\d/g)?.length ?? 0;
}

function isNoPlaceholder(body: string): boolean {
  return !placeholder.test(body.slice(0, 64));
}

function hasDigits(body: string): boolean {
  return isNoPlaceholder(body) && countDigits(body) >= 3;
}

function hasUpperCaseOrDigit(body: string): boolean {
  return isNoPlaceholder(body) && /[A-Z\d]/.test(body);
}

/**
 * An unbroken run of letters and digits, in both cases or with several digits. Names are words with separators between, and
 * `task-` or `disk-` before hexadecimal digits is an id.
 */
function isRandom(body: string, isInsideWord: boolean): boolean {
  const run = /[A-Za-z0-9]{16,}/.exec(body)?.[0];
  if (run === undefined || !isNoPlaceholder(body) || !/\d/.test(body) || !/[A-Za-z]/.test(run)) return false;
  const hasBothCases = /[A-Z]/.test(run) && /[a-z]/.test(run);
  return hasBothCases || (!isInsideWord && countDigits(run) >= 4);
}

/**
 * Credentials by the shapes that their makers document. No pattern requests a word boundary: letters before or after it do
 * not hide a key.
 */
const shapes: readonly SecretShape[] = [
  {
    what: 'a private key',
    pattern:
      /-{4,5} ?BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)? ?-{4,5}|PuTTY-User-Key-File-[23]:/g,
  },
  { what: 'a private key', pattern: /AGE-SECRET-KEY-1[0-9A-Z]{50}/g },
  { what: 'an AWS access key', pattern: /(?:AKIA|ASIA)([0-9A-Z]{16})/g, accepts: isNoPlaceholder },
  {
    what: 'an AWS secret key',
    pattern: /(?:aws_?secret|secret_?access_?key)[A-Za-z_]{0,20}["'\s:=>]{1,12}(?!arn)([A-Za-z0-9/+]{40})/gi,
    accepts: hasUpperCaseOrDigit,
  },
  {
    what: 'an Amazon Bedrock key',
    pattern: /(?:ABSK|bedrock-api-key-)([A-Za-z0-9+/]{30,2000})/g,
    accepts: isRandom,
  },
  { what: 'a GitHub token', pattern: /gh[pousr]_([A-Za-z0-9]{36})/g, accepts: isNoPlaceholder },
  { what: 'a GitHub token', pattern: /github_pat_([A-Za-z0-9_]{40,90})/g, accepts: isNoPlaceholder },
  {
    what: 'a GitLab token',
    pattern: /gl(?:pat|ptt|dt|rt|ft|soat|cbt|imt|agent|oas|rtr)-([A-Za-z0-9_-]{20,60})/g,
    accepts: hasUpperCaseOrDigit,
  },
  { what: 'an npm token', pattern: /npm_([A-Za-z0-9]{36})/g, accepts: isNoPlaceholder },
  { what: 'a PyPI token', pattern: /pypi-AgE[A-Za-z0-9_-]{50}/g },
  {
    what: 'a Slack token',
    pattern: /(?:xox[a-z]|xapp)(?:\.xox[a-z])?-([A-Za-z0-9%_+/=-]{10,400})/g,
    accepts: hasDigits,
  },
  {
    what: 'a Slack webhook',
    pattern: /hooks\.slack\.com\/(?:services|workflows|triggers)\/([A-Z0-9]{6,16}\/[A-Za-z0-9/]{16,80})/g,
    accepts: hasDigits,
  },
  { what: 'an Anthropic key', pattern: /sk-ant-([A-Za-z0-9_-]{24,200})/g, accepts: isRandom },
  {
    what: 'an OpenAI key',
    pattern: /sk-(?:proj-|svcacct-|admin-|None-|or-v1-)?([A-Za-z0-9_-]{24,250})/g,
    accepts: isRandom,
  },
  { what: 'a Google key', pattern: /AIza([A-Za-z0-9_-]{35})/g, accepts: isNoPlaceholder },
  { what: 'a Google key', pattern: /AQ\.([A-Za-z0-9_-]{20,200})/g, accepts: isRandom },
  { what: 'a Google key', pattern: /GOCSPX-([A-Za-z0-9_-]{20,60})/g, accepts: hasUpperCaseOrDigit },
  { what: 'a Google key', pattern: /ya29\.([A-Za-z0-9_-]{20,2000})/g, accepts: isRandom },
  {
    what: 'a Stripe key',
    pattern: /[sr]k_(?:live|test|prod)_([A-Za-z0-9]{16,250})/g,
    accepts: isNoPlaceholder,
  },
  { what: 'a Stripe key', pattern: /whsec_([A-Za-z0-9+/]{24,100})/g, accepts: hasUpperCaseOrDigit },
  { what: 'a Groq key', pattern: /gsk_([A-Za-z0-9]{32,100})/g, accepts: hasUpperCaseOrDigit },
  { what: 'an xAI key', pattern: /xai-([A-Za-z0-9]{40,120})/g, accepts: hasUpperCaseOrDigit },
  { what: 'a Perplexity key', pattern: /pplx-([A-Za-z0-9]{32,80})/g, accepts: hasUpperCaseOrDigit },
  { what: 'a Cerebras key', pattern: /csk-([A-Za-z0-9]{32,80})/g, accepts: hasUpperCaseOrDigit },
  { what: 'a Fireworks key', pattern: /fw_([A-Za-z0-9]{20,40})/g, accepts: isRandom },
  { what: 'a Replicate token', pattern: /r8_([A-Za-z0-9]{37})/g, accepts: hasUpperCaseOrDigit },
  { what: 'a Hugging Face token', pattern: /hf_([A-Za-z0-9]{30,50})/g, accepts: hasUpperCaseOrDigit },
  { what: 'a Heddle API key', pattern: /hd_[A-Za-z0-9]{4,32}_([A-Za-z0-9_-]{16,100})/g, accepts: isRandom },
  { what: 'a SendGrid key', pattern: /SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}/g },
  { what: 'a Databricks token', pattern: /dapi([0-9a-f]{32})/g, accepts: hasDigits },
  { what: 'a Docker token', pattern: /dckr_[op]at_([A-Za-z0-9_-]{27})/g, accepts: hasUpperCaseOrDigit },
  {
    what: 'an Azure key',
    pattern: /(?:AccountKey|SharedAccessKey)=([A-Za-z0-9+/]{42,86}={1,2})/g,
    accepts: hasDigits,
  },
  { what: 'an Azure key', pattern: /[A-Za-z0-9]{40}JQQJ9[A-Za-z0-9]{10,24}A[A-Z]{2}OG/g },
  {
    what: 'an Azure key',
    pattern: /(?:api|subscription|account|access)[-_ ]?key["'\s:=>]{1,12}([0-9a-f]{32})/gi,
    accepts: hasDigits,
  },
  { what: 'an Azure key', pattern: /[A-Za-z0-9_~.-]{3}\dQ~([A-Za-z0-9_~.-]{31,34})/g },
  { what: 'an Azure key', pattern: /[?&]sig=([A-Za-z0-9%+/]{40,80}(?:=|%3D))/gi, accepts: hasDigits },
  {
    what: 'a JSON web token',
    pattern: /eyJ[A-Za-z0-9_-]{8,256}\.eyJ[A-Za-z0-9_-]{8,4096}\.[A-Za-z0-9_-]{16,1024}/g,
  },
];

/** What shows nothing but can stand inside a key, or in the place of its letters. */
const ignorable = /[\0\p{Cf}\p{Mn}\u115f\u1160\u17b4\u17b5\u3164\uffa0]/gu;

/** The text as a reader sees it: without invisible characters, wide and styled letters as the plain ones. */
function toVisible(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: everything but printable ASCII and line ends
  return /[^\x01-\x7e]/.test(text) ? text.normalize('NFKC').replace(ignorable, '') : text;
}

interface Found {
  readonly what: string;
  readonly from: number;
  readonly to: number;
}

function* search(text: string): Generator<Found, void, void> {
  for (const { what, pattern, accepts } of shapes) {
    pattern.lastIndex = 0;
    for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
      const { index, 0: whole, 1: body = whole } = match;
      const end = pattern.lastIndex;
      const isInsideWord = /[aeiou]/i.test(text[index - 1] ?? '');
      const found = accepts === undefined || accepts(body, isInsideWord);
      // A placeholder may hold the beginning of a key.
      pattern.lastIndex = index + 1;
      if (!found) continue;
      yield { what, from: index, to: end };
      pattern.lastIndex = end;
    }
  }
}

/** The kind of credential that a text holds, with its article; null for none. Takes time linear in the text's length. */
export function findSecret(text: string): string | null {
  for (const { what } of search(toVisible(text))) return what;
  return null;
}

/** Characters that are looked at without a pause, and the overlap of each such part with the next: longer than any shape. */
const partLength = 16_384;
const overlapLength = 8_192;
const pauseAfterMs = 10;

/** As findSecret, for texts of any length and number: other work of the process gets its turn meanwhile. */
export async function findSecretInAny(texts: readonly string[]): Promise<string | null> {
  let startedMs = performance.now();
  for (const text of texts) {
    for (let at = 0; at === 0 || at + overlapLength < text.length; at += partLength) {
      const what = findSecret(text.slice(at, at + partLength + overlapLength));
      if (what !== null) return what;
      if (performance.now() - startedMs < pauseAfterMs) continue;
      await nextTurn();
      startedMs = performance.now();
    }
  }
  return null;
}

/** The text with `***` in the place of every credential; the same text where it holds none. */
export function redactSecrets(text: string): string {
  const visible = toVisible(text);
  const found = [...search(visible)].sort((a, b) => a.from - b.from);
  if (found.length === 0) return text;
  let redacted = '';
  let at = 0;
  for (const { from, to } of found) {
    if (from >= at) redacted += `${visible.slice(at, from)}***`;
    at = Math.max(at, to);
  }
  return redacted + visible.slice(at);
}
