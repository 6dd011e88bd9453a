import { checkVariables, StartError, variables } from '#server/config.ts';
import { createLog } from '#server/log.ts';
import { openMailer } from '#server/mail/open-mailer.ts';
import { connectParts } from '#server/mesh-connections.ts';
import { checkSecrets } from '#server/secrets/check-secrets.ts';
import { findUnknownVariables } from '#server/unknown-variables.ts';
import type { Diagnosis } from '../diagnosis.ts';
import { createFindings, type DoctorFinding, describeError } from '../finding.ts';

const { ok, warning, failed } = createFindings('configuration');
const see = 'Correct the variable: docs/configuration.md has its form.';

/** Whether a start would accept the variables: each alone, unknown ones, weak secrets, and what must be set together. */
export async function checkConfiguration(diagnosis: Diagnosis): Promise<readonly DoctorFinding[]> {
  const { env, environment } = diagnosis;
  const wrong = checkVariables(env).wrong.map(({ message }) => failed(message, see));
  const unknown = findUnknownVariables(env).map(({ message }) =>
    failed(message, 'Correct or remove the variable: a start refuses unknown ones.'),
  );
  const found = [
    ...wrong,
    ...unknown,
    ...(await tryTo(() => findWeakSecrets(environment))),
    ...(await tryTo(() => connect(diagnosis))),
  ];
  const count = Object.keys(variables).filter((name) => (env[name] ?? '') !== '').length;
  return found.length > 0 ? found : [ok(`all variables are as they must be (${count} are set)`)];
}

/** A StartError is what a start would end with. */
async function tryTo(
  check: () => readonly DoctorFinding[] | Promise<readonly DoctorFinding[]>,
): Promise<readonly DoctorFinding[]> {
  try {
    return await check();
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    return [failed(describeError(error), see)];
  }
}

const findWeakSecrets = (environment: Diagnosis['environment']): readonly DoctorFinding[] =>
  checkSecrets(environment).map((name) =>
    warning(`${name} could be guessed`, 'Make another one with "openssl rand -hex 32".'),
  );

/** Keys, certificates and addresses of the parts and of the mail server, as a start reads them. */
async function connect({ environment, parts, env }: Diagnosis): Promise<readonly DoctorFinding[]> {
  await using opened = new AsyncDisposableStack();
  const log = createLog('silent');
  const options = { environment, parts, providerEnvironment: env, log };
  const { ca, warnings } = connectParts(options, opened);
  await openMailer(environment, ca, opened);
  return warnings.map((text) => warning(text, see));
}
