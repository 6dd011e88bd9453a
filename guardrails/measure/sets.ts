import type { LabelledSet } from './labelled.ts';
import { piiSet } from './sets/pii.ts';
import { secretsSet, unknownSecretsSet } from './sets/secrets.ts';

/** The sets that are measured, in the order of the table. */
export const labelledSets: readonly LabelledSet[] = [secretsSet, unknownSecretsSet, piiSet];
