import { meshOwner, type OwnerBoxes, openSealed } from '#core/secrets/owner-boxes.ts';

/** Options of a guardrail rule that are secret, by their names. */
export type RuleSecrets = Readonly<Record<string, unknown>>;

/** What secrets of a rule are for: they open for nothing else, and so are never sent to another address. */
export interface RuleSecretPlace {
  readonly policyId: string;
  readonly rule: string;
  /** The address that they are sent to; null: none. */
  readonly url: string | null;
}

const toContext = ({ policyId, rule, url }: RuleSecretPlace) => [
  'guardrail_policies',
  policyId,
  rule,
  url ?? '',
];

/**
 * The secrets, sealed with the key of the owner of their policy. Rejects with OVERLOADED or CONFLICT where that cannot be had.
 *
 * @param tenantId null: the policy is of the mesh
 */
export async function sealRuleSecrets(
  secrets: RuleSecrets,
  place: RuleSecretPlace,
  tenantId: string | null,
  boxes: Pick<OwnerBoxes, 'of'>,
): Promise<string> {
  return (await boxes.of(tenantId ?? meshOwner)).seal(JSON.stringify(secrets), toContext(place));
}

/** Undefined where no key at hand opens them, or they were sealed for another place. Rejects with OVERLOADED where that is not known now. */
export async function openRuleSecrets(
  sealed: string,
  place: RuleSecretPlace,
  boxes: Pick<OwnerBoxes, 'open'>,
): Promise<RuleSecrets | undefined> {
  const opened = await openSealed(boxes, sealed, toContext(place));
  return opened === undefined ? undefined : JSON.parse(opened);
}
