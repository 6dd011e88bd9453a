import type { Catalog } from '#catalog/catalog.ts';
import type { CatalogSnapshot } from '#catalog/catalog-snapshot.ts';
import { parseMeshPolicy } from '#guardrails/pipeline/policy.ts';
import { findRule } from '#guardrails/rules.ts';

/**
 * Loads the modules that only some rules use, so that no call waits for them: of those that `names` (HEDDLE_GUARDRAILS) and the
 * present policies of the catalog name before it resolves, and of those of later policies when the catalog has read them.
 */
export async function loadPolicyRules(names: string, catalog: Pick<Catalog, 'follow'>): Promise<Disposable> {
  const loading = new Map<string, Promise<void>>();
  const load = (name: string) => {
    if (!loading.has(name)) loading.set(name, loadRule(name));
  };
  for (const { rule } of parseMeshPolicy(names)?.rules ?? []) load(rule);
  let known: CatalogSnapshot['guardrails'] | undefined;
  const following = catalog.follow(({ guardrails }) => {
    if (guardrails === known) return;
    known = guardrails;
    for (const policy of [...guardrails.values()].flat()) {
      if (policy.mode !== 'OFF') for (const { rule } of policy.rules) load(rule);
    }
  });
  await Promise.all(loading.values());
  return following;
}

async function loadRule(name: string): Promise<void> {
  try {
    await findRule(name)?.load?.();
  } catch {
    // Any error: the rule throws it again when it looks.
  }
}
