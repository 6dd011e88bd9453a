import { expectError } from '#core/expect-error.ts';
import { hiddenSecret, hideAddressUsers } from '#core/secrets/address-user.ts';
import { secretVariables } from './secret-files.ts';

/** Shorter texts would be hidden wherever they occur by chance. */
const charactersMin = 6;

/** A user without a password is hidden where it is long enough to be a token. */
const tokenCharactersMin = 16;

/** Names of variables with addresses as values, with a user and a password at times. */
const addressName = /(^|_)(URLS?|URI|DSN|ENDPOINT|PROXY)$|_ENDPOINT_URL/i;
const addressWithUser = /^[a-z][a-z0-9+.-]*:\/\/[^/]*@/i;
/** Names of parameters of addresses, and of parts of their values, that are passwords. */
const secretParameter = /pass|pwd|secret|token|credential|key/i;

/** Hides secrets in a text that people read: an error, a line of the log. */
export type Redact = (text: string) => string;

/**
 * Hides user and password of every address, and wherever it stands every secret that the environment holds: values of
 * secret variables, and passwords in addresses, also in those that no URL parser accepts.
 */
export function createRedact(env: Readonly<Record<string, string | undefined>>): Redact {
  const secrets = new Set(Object.entries(env).flatMap(([name, value = '']) => findSecrets(name, value)));
  const forms = [...secrets]
    .filter((secret) => secret.length >= charactersMin)
    .flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1)]);
  // The longest first: a secret may begin with another one.
  const texts = [...new Set(forms)].toSorted((a, b) => b.length - a.length).map(RegExp.escape);
  const known = texts.length === 0 ? undefined : new RegExp(texts.join('|'), 'g');
  return (text) => {
    const named = known === undefined ? text : text.replace(known, hiddenSecret);
    return hideAddressUsers(named);
  };
}

function findSecrets(name: string, value: string): readonly string[] {
  if (value.includes('PRIVATE KEY')) return [value, ...value.split(/\r?\n|\\n/)];
  const isAddress = addressName.test(name) || addressWithUser.test(value);
  if (!isAddress) return secretVariables.includes(name) ? [value, ...value.trim().split(/\s*,\s*/)] : [];
  const addresses = [value, ...value.split(',').map((text) => text.trim())];
  return [...addresses.filter((text) => text.includes('@')), ...addresses.flatMap(findPasswords)];
}

/** User and password, the password alone, and those among the parameters; as they are written and decoded. */
function findPasswords(address: string): readonly string[] {
  const [, rest = ''] = /^(?:[a-z][a-z0-9+.-]*:)?\/*(.*)$/is.exec(address) ?? [];
  const user = rest.slice(0, Math.max(0, rest.lastIndexOf('@')));
  const password = user.includes(':') ? user.slice(user.indexOf(':') + 1) : '';
  const isToken = password !== '' || user.length >= tokenCharactersMin;
  const parameters = rest
    .slice(rest.indexOf('?') + 1)
    .split(/[&,;]/)
    .flatMap((parameter) =>
      // `name=value` and `name=name:value`.
      [/^(.*?)[=:](.*)$/s, /^(.*)[=:](.*)$/s].flatMap((form) => {
        const [, key = '', value = ''] = form.exec(parameter) ?? [];
        return secretParameter.test(key) ? [value] : [];
      }),
    );
  // Each part of a password that ends the URL early: a parser takes them for hosts and paths.
  const users = isToken ? [user, password, ...password.split(/[@/?#]/)] : [];
  return [...users, ...parameters].flatMap((text) => [text, decoded(text)]);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    expectError(error, URIError);
    return text;
  }
}
