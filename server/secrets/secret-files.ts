import { readFileSync, statSync } from 'node:fs';
import { vendors } from '#providers/registry/vendors.generated.ts';
import { StartError, variables } from '../config.ts';

const bytesMax = 64 * 1024;

/** The variables that may be set as a file: every secret of the table, and the keys of providers. */
export const secretVariables: readonly string[] = [
  ...new Set([
    ...Object.entries<{ readonly secret?: true }>(variables).flatMap(([name, { secret }]) =>
      secret ? [name] : [],
    ),
    ...Object.values(vendors).flatMap(({ environment }) => environment.secret?.flat() ?? []),
  ]),
];

/** Their `_FILE` is a variable of its own, read again while the process runs. */
const ownFiles: ReadonlySet<string> = new Set(
  secretVariables.filter((name) => Object.hasOwn(variables, `${name}_FILE`)),
);

/** The text of the file without the line break at its end. */
function readSecret(variable: string, file: string): string {
  try {
    const { size } = statSync(file);
    if (size > bytesMax) throw new Error(`it is larger than ${bytesMax} bytes`);
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    // Not the text itself: who mistakes the variable for the one without _FILE puts the secret into it.
    const { code, message } = error as NodeJS.ErrnoException;
    const meant =
      variable === 'HEDDLE_ADMIN_KEY_FILE' ? '; HEDDLE_NEW_ADMIN_KEY_FILE is where a new key is put' : '';
    throw new StartError(`${variable}: the file that it names cannot be read: ${code ?? message}${meant}`);
  }
}

/**
 * Puts the content of each file that `<NAME>_FILE` names, as container engines mount secrets, into `<NAME>`. An empty
 * file counts as unset.
 */
export function readSecretFiles(env: Record<string, string | undefined>): void {
  for (const name of secretVariables) readSecretFile(env, name);
}

/** The same for one secret. Throws StartError where its file cannot be read. */
export function readSecretFile(env: Record<string, string | undefined>, name: string): void {
  const variable = `${name}_FILE`;
  const file = env[variable];
  if (file === undefined || file === '' || ownFiles.has(name)) return;
  if (env[name] !== undefined && env[name] !== '') {
    throw new StartError(`${name} and ${variable} are both set: keep one`);
  }
  const text = readSecret(variable, file);
  if (text !== '') env[name] = text;
  delete env[variable];
}
