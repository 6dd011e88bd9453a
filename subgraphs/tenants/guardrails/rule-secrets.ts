import { ZodError } from 'zod';
import { createOverloadedError } from '#core/errors.ts';
import { expectError } from '#core/expect-error.ts';
import { badInput } from '#core/input.ts';
import type { OwnerBoxes } from '#core/secrets/owner-boxes.ts';
import type { StatedRule } from '#guardrails/pipeline/checked-rules.ts';
import { findRule, knownRules, readEndpoint } from '#guardrails/rules.ts';
import type { GuardrailRuleRecord, PresentGuardrailPolicy } from '#mongo/guardrail-policies.ts';
import { openRuleSecrets, type RuleSecretPlace, sealRuleSecrets } from '#mongo/guardrail-secrets.ts';
import type { TenantsDeps } from '../deps.ts';
import type { PolicyOwner } from './policy-place.ts';

type Options = Readonly<Record<string, unknown>>;
type Stored = Pick<GuardrailRuleRecord, 'rule' | 'optionsJson' | 'secrets'>;

/** The options of a rule as they are shown: `{ isSet: true }` in the place of each that is secret. Null: none were saved. */
export function readOptions({ optionsJson, secrets }: Pick<Stored, 'optionsJson' | 'secrets'>): unknown {
  const options: unknown = optionsJson === null ? null : JSON.parse(optionsJson);
  if (secrets == null) return options;
  return { ...Object(options), ...Object.fromEntries(secrets.names.map((name) => [name, { isSet: true }])) };
}

/**
 * The rules with the secrets that are stored of them, where they leave one out or state it as it is shown. Stored are those of the rule of the same name and address: of the first for
 * the first, and so on. BAD_USER_INPUT where there is none.
 */
export async function withStoredSecrets<Rule extends StatedRule>(
  rules: readonly Rule[],
  stored: Pick<PresentGuardrailPolicy, '_id' | 'rules'> | null,
  field: string,
  deps: Pick<TenantsDeps, 'secrets'>,
): Promise<readonly Rule[]> {
  const former = [...(stored?.rules ?? [])];
  return Promise.all(
    rules.map(async (rule, index) => {
      const names = findRule(rule.rule)?.secretOptions ?? [];
      if (names.length === 0 || !isObject(rule.options)) return rule;
      const url = readUrl(rule.rule, rule.options);
      // What is wrong with the address is reported where the options are checked.
      if (url === undefined) return rule;
      const at = former.findIndex((one) => one.rule === rule.rule && readStoredUrl(one) === url);
      const [same] = at === -1 ? [] : former.splice(at, 1);
      const options = rule.options;
      const kept = names.filter((name) => options[name] === undefined || isShown(options[name]));
      if (kept.length === 0) return rule;
      const place = { policyId: stored?._id ?? '', rule: rule.rule, url };
      const sealed = same?.secrets?.sealed;
      const secrets = sealed === undefined ? {} : await openRuleSecrets(sealed, place, requireBoxes(deps));
      const merged: Record<string, unknown> = { ...options };
      for (const name of kept) {
        if (secrets?.[name] !== undefined) merged[name] = secrets[name];
        else if (isShown(options[name]) || same?.secrets?.names.includes(name) === true) {
          badInput(
            `${field}[${index}].options.${name}`,
            'must be stated: no secret that can be opened is stored for this rule at this address.',
          );
        }
      }
      return { ...rule, options: merged };
    }),
  );
}

/** The options of a rule as they are stored: those that are secret sealed, and apart from the others. */
export async function sealOptions(
  { rule, options }: Pick<StatedRule, 'rule' | 'options'>,
  { _id: policyId, tenantId }: PolicyOwner,
  deps: Pick<TenantsDeps, 'secrets'>,
): Promise<Pick<GuardrailRuleRecord, 'optionsJson' | 'secrets'>> {
  const names = findRule(rule)?.secretOptions ?? [];
  if (!isObject(options)) return { optionsJson: options == null ? null : JSON.stringify(options) };
  const isSecret = ([name]: readonly [string, unknown]) => names.includes(name);
  const entries = Object.entries(options);
  const open = Object.fromEntries(entries.filter((entry) => !isSecret(entry)));
  const secret = Object.fromEntries(entries.filter((entry) => isSecret(entry) && entry[1] != null));
  const secretKeys = Object.keys(secret);
  if (secretKeys.length === 0) return { optionsJson: JSON.stringify(open) };
  const place = { policyId, rule, url: readUrl(rule, options) ?? null };
  const sealed = await sealRuleSecrets(secret, place, tenantId, requireBoxes(deps));
  return { optionsJson: JSON.stringify(open), secrets: { names: secretKeys, sealed } };
}

const secretNames: ReadonlySet<string> = new Set(
  knownRules.flatMap(({ secretOptions = [] }) => secretOptions),
);

/** Arguments of saveGuardrailPolicy without options that are secret for any rule: a rule that is named wrongly has some as well. */
export function hideSecretOptions({ input, ...args }: Readonly<Record<string, unknown>>): object {
  const { rules } = Object(input);
  if (!Array.isArray(rules)) return { input, ...args };
  const hide = (options: unknown) =>
    isObject(options)
      ? Object.fromEntries(
          Object.entries(options).map(([name, value]) => [
            name,
            secretNames.has(name) && value !== null ? '[redacted]' : value,
          ]),
        )
      : options;
  const hidden = rules.map((rule) => ({ ...Object(rule), options: hide(Object(rule).options) }));
  return { input: { ...Object(input), rules: hidden }, ...args };
}

/** What the secrets of a stored rule are sealed for. */
export function toSecretPlace(policyId: string, stored: Stored): RuleSecretPlace {
  return { policyId, rule: stored.rule, url: readStoredUrl(stored) ?? null };
}

function readStoredUrl({ rule, optionsJson }: Stored): string | null | undefined {
  return readUrl(rule, optionsJson === null ? {} : JSON.parse(optionsJson));
}

/** Null: the rule sends nothing anywhere. Undefined: the options do not state where. */
function readUrl(rule: string, options: unknown): string | null | undefined {
  try {
    return readEndpoint(rule, options)?.url ?? null;
  } catch (error) {
    expectError(error, ZodError);
    return undefined;
  }
}

function requireBoxes({ secrets }: Pick<TenantsDeps, 'secrets'>): OwnerBoxes {
  if (secrets === undefined) throw createOverloadedError('Nothing can be sealed here.');
  return secrets;
}

function isObject(value: unknown): value is Options {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether the value is what `readOptions` shows in the place of a secret. */
function isShown(value: unknown): boolean {
  return isObject(value) && value.isSet === true && Object.keys(value).length === 1;
}
