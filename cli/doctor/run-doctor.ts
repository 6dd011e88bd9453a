import { holdsStore } from '@heddle/embedded-store/backup';
import { withTimeLimit } from '#core/time-limit.ts';
import type { Database } from '#mongo/connect.ts';
import { checkVariables, type Environment, readEnvironment, StartError } from '#server/config.ts';
import type { Part } from '#server/mesh.ts';
import { createRedact } from '#server/secrets/redact.ts';
import { readSecretFile, secretVariables } from '#server/secrets/secret-files.ts';
import { openStoreBeside } from '../open-store.ts';
import { checkCertificates } from './checks/certificates.ts';
import { checkConfiguration } from './checks/configuration.ts';
import { checkDisk, storeDirectory } from './checks/disk.ts';
import { checkPorts } from './checks/ports.ts';
import { checkProviders } from './checks/providers.ts';
import { checkSharedState } from './checks/shared-state.ts';
import { checkStore } from './checks/store.ts';
import { checkVersions } from './checks/versions.ts';
import type { Check, Diagnosis } from './diagnosis.ts';
import { type Area, areas, createFindings, type DoctorFinding, describeError } from './finding.ts';

/** What is to be looked at. */
export interface DoctorOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly parts: readonly Part[];
  readonly isOnline: boolean;
  readonly now?: () => number;
}

/** No check of the whole takes longer. */
const checkMsMax = 60_000;

/** The check of each area; findings about clocks come with those that read them. */
const checks: Readonly<Record<Exclude<Area, 'clock'>, Check>> = {
  configuration: checkConfiguration,
  versions: checkVersions,
  disk: checkDisk,
  ports: checkPorts,
  certificates: checkCertificates,
  store: checkStore,
  'shared state': checkSharedState,
  providers: checkProviders,
};

/**
 * Looks at every area at once, and resolves to the findings in the order of the areas, without the secrets of the environment. A check
 * that fails is a finding.
 */
export async function runDoctor(options: DoctorOptions): Promise<readonly DoctorFinding[]> {
  await using opened = new AsyncDisposableStack();
  const { diagnosis, findings } = prepareDiagnosis(options, opened);
  const found = await Promise.all(
    Object.entries(checks).map(([area, check]) => runCheck(area as Area, check, diagnosis)),
  );
  const redact = createRedact(diagnosis.env);
  return [...findings, ...found.flat()]
    .map((finding) => ({
      ...finding,
      message: redact(finding.message),
      ...(finding.whatToDo === undefined ? {} : { whatToDo: redact(finding.whatToDo) }),
    }))
    .toSorted((a, b) => areas.indexOf(a.area) - areas.indexOf(b.area));
}

async function runCheck(area: Area, check: Check, diagnosis: Diagnosis): Promise<readonly DoctorFinding[]> {
  try {
    const isLate = () => new Error(`it took longer than ${checkMsMax} ms`);
    return await withTimeLimit(check(diagnosis), checkMsMax, isLate);
  } catch (error) {
    return [
      createFindings(area).failed(
        `the check failed: ${describeError(error)}`,
        'Look at the other findings first.',
      ),
    ];
  }
}

/** What the checks work with: variables that are wrong have their defaults, and the configuration reports them. */
export function prepareDiagnosis(
  { env: given, parts, isOnline, now = Date.now }: DoctorOptions,
  opened: AsyncDisposableStack,
) {
  const findings: DoctorFinding[] = [];
  const env: Record<string, string | undefined> = { ...given };
  for (const name of secretVariables) {
    try {
      readSecretFile(env, name);
    } catch (error) {
      if (!(error instanceof StartError)) throw error;
      const { failed } = createFindings('configuration');
      findings.push(failed(error.message, 'Correct the variable, or the file that it names.'));
      delete env[`${name}_FILE`];
    }
  }
  const wrong = new Set(checkVariables(env).wrong.map(({ name }) => name));
  const right = Object.fromEntries(Object.entries(env).filter(([name]) => !wrong.has(name)));
  const environment = readEnvironment(right);
  let store: Promise<Database | undefined> | undefined;
  const openStore = () => {
    store ??= openStoreOnce(environment, parts, opened);
    return store;
  };
  const diagnosis: Diagnosis = {
    ...{ env, environment, parts, isOnline, now },
    openStore: () => openStore(),
  };
  return { diagnosis, findings };
}

async function openStoreOnce(
  environment: Environment,
  parts: readonly Part[],
  opened: AsyncDisposableStack,
): Promise<Database | undefined> {
  if (parts.every((part) => part === 'gateway')) return undefined;
  const dir = storeDirectory(environment);
  if (dir !== undefined && !(await holdsStore(dir))) return undefined;
  return opened.use(await openStoreBeside(environment));
}
