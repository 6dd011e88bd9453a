import { HeddleError } from '#core/errors.ts';
import type { GuardedText, Guardrail } from './guardrail.ts';
import { secretsGuardrail } from './secrets.ts';

/** Every guardrail that HEDDLE_GUARDRAILS can name. */
export const knownGuardrails: readonly Guardrail[] = [secretsGuardrail];

/** The guardrails of a comma-separated list of names. Throws BAD_USER_INPUT naming those that do not exist. */
export function parseGuardrails(names: string): readonly Guardrail[] {
  const wanted = names
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  const unknown = wanted.filter((name) => !knownGuardrails.some((guardrail) => guardrail.name === name));
  if (unknown.length > 0) {
    const all = knownGuardrails.map(({ name }) => name).join(', ');
    throw new HeddleError(
      'BAD_USER_INPUT',
      `There is no guardrail ${unknown.join(', ')}; there are: ${all}.`,
    );
  }
  return knownGuardrails.filter(({ name }) => wanted.includes(name));
}

/** One stage, ready to run. Throws GUARDRAIL_BLOCKED with the first guardrail that refuses. */
export type GuardrailStage = (text: GuardedText) => Promise<void>;

/** The stages of some guardrails; undefined where none looks, so that nothing is run and no text is gathered. */
export function guardrailStages(guardrails: readonly Guardrail[]): {
  readonly input: GuardrailStage | undefined;
  readonly output: GuardrailStage | undefined;
} {
  return {
    input: stage(guardrails, 'checkInput', 'input'),
    output: stage(guardrails, 'checkOutput', 'output'),
  };
}

function stage(
  guardrails: readonly Guardrail[],
  method: 'checkInput' | 'checkOutput',
  what: string,
): GuardrailStage | undefined {
  const looking = guardrails.filter((guardrail) => guardrail[method] !== undefined);
  if (looking.length === 0) return undefined;
  return async (text) => {
    for (const guardrail of looking) {
      const verdict = await judge(guardrail, method, text);
      if (verdict === null) continue;
      throw new HeddleError(
        'GUARDRAIL_BLOCKED',
        `The guardrail ${guardrail.name} refuses the ${what}: ${verdict}.`,
        {
          extensions: { guardrail: guardrail.name, stage: what },
        },
      );
    }
  };
}

async function judge(
  guardrail: Guardrail,
  method: 'checkInput' | 'checkOutput',
  text: GuardedText,
): Promise<string | null> {
  try {
    const verdict = await guardrail[method]?.(text);
    return verdict === undefined || verdict.allowed ? null : verdict.reason;
  } catch {
    // Any error: a guardrail that fails lets nothing pass.
    return 'it could not be checked';
  }
}
