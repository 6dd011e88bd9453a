import { countEdits } from '#core/text/count-edits.ts';
import { StartError, variables, type WrongVariable } from './config.ts';

/** Variables with Heddle's prefix that other programs read: clients in the documentation, and the tests. */
export const otherVariables: readonly string[] = [
  'HEDDLE_KEY',
  'HEDDLE_TEST_SEED',
  'HEDDLE_TEST_REPORT',
  'HEDDLE_CI_LONG',
  'HEDDLE_CRASH_ROUNDS',
  'HEDDLE_DIFFERENTIAL_OPERATIONS',
  'HEDDLE_ALIAS_OPERATIONS',
  'HEDDLE_ORACLE_OPERATIONS',
  'HEDDLE_RANDOM_OPERATIONS',
  'HEDDLE_SCREENSHOT',
];

/** What Kubernetes and Docker set for a service that is called heddle or heddle-…: with such a value it was not set by hand. */
const serviceName = /_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)$/;
const serviceAddress = /^(tcp|udp|sctp):\/\//;

/** Changes that turn one name into another still count as a mistyped name. */
const distanceMax = 4;

/** The variable of ours that comes closest to a name; undefined where none comes close. */
function closest(name: string): string | undefined {
  const wanted = name.toUpperCase();
  const known = Object.keys(variables);
  if (known.includes(wanted)) return wanted;
  const unprefixed = wanted.replace(/^HEDDLE_/, '');
  if (known.includes(unprefixed)) return unprefixed;
  const [best] = known
    .map((candidate) => ({ candidate, distance: countEdits(wanted, candidate) }))
    .sort((a, b) => a.distance - b.distance);
  const longer = known.find((candidate) => candidate.startsWith(`${wanted}_`));
  return best !== undefined && best.distance <= distanceMax ? best.candidate : longer;
}

/** Variables that begin with HEDDLE_ but that nothing reads: what is wrong with each, with the name that comes closest, without its value. */
export function findUnknownVariables(
  env: Readonly<Record<string, string | undefined>>,
): readonly WrongVariable[] {
  const known = new Set<string>([...Object.keys(variables), ...otherVariables]);
  return Object.entries(env)
    .filter(
      ([name, value = '']) =>
        /^heddle_/i.test(name) &&
        !known.has(name) &&
        value !== '' &&
        !serviceName.test(name) &&
        !serviceAddress.test(value),
    )
    .map(([name]) => {
      const suggested = closest(name);
      const meant = suggested === undefined ? '' : `; did you mean ${suggested}?`;
      return { name, message: `${name} is no variable of Heddle${meant}` };
    });
}

/**
 * Refuses unknown variables: a mistyped name would leave a setting at its default without a word. Throws one StartError that names
 * them all.
 */
export function refuseUnknownVariables(env: Readonly<Record<string, string | undefined>>): void {
  const unknown = findUnknownVariables(env);
  if (unknown.length === 0) return;
  throw new StartError(`${unknown.map(({ message }) => message).join(' ')} (see docs/configuration.md)`);
}
