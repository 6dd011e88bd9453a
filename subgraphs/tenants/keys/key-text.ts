import { createHash, randomBytes } from 'node:crypto';
import { badInput } from '#core/input.ts';
import { findSecretWeakness } from '#core/secrets/secret-strength.ts';
import { randomId } from './ids.ts';

const base62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** 43 characters of 62 hold 256 bits. */
const secretLength = 43;

/** A new key: `hd_<id>_<secret>`, the secret 256 random bits in letters and digits. */
export function newKeyText(id = randomId(12)): { readonly id: string; readonly text: string } {
  return { id, text: `hd_${id}_${randomBase62(secretLength)}` };
}

/** Each character equally likely: bytes that would favour the first characters are thrown away. */
function randomBase62(length: number): string {
  let text = '';
  while (text.length < length) {
    for (const byte of randomBytes(2 * length)) {
      if (byte < 248 && text.length < length) text += base62[byte % 62];
    }
  }
  return text;
}

/** What is kept of a key: SHA-256 of the whole text, in hex. 256 random bits need no salt and no slow hash. */
export function hashOfKey(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** What may be shown of a key, to recognise it by. */
export function hintOfKey(text: string): string {
  return `hd_…${text.slice(-4)}`;
}

/** Letters and digits without a separator: the random part of a key. */
const randomRun = /[A-Za-z0-9]{24,}/;

/** The same of a key that an operator has chosen: no letter of one that could be guessed from it. */
export function hintOfPreset(text: string): string {
  const [run = ''] = randomRun.exec(text) ?? [];
  const isRandom = /\d/.test(run) && /[A-Za-z]/.test(run) && findSecretWeakness(run) === null;
  return isRandom && findSecretWeakness(text, 'hd_') === null ? hintOfKey(text) : 'hd_…';
}

const preset = /^hd_[\x21-\x7e]{37,509}$/;

/** A key text that an operator has chosen: `hd_` and at least 40 visible ASCII characters in all. */
export function checkedPreset(text: string, field: string): string {
  if (!preset.test(text)) {
    badInput(field, 'must begin with hd_ and have 40 to 512 characters, without spaces.');
  }
  return text;
}
