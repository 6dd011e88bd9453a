import { type DirectiveNode, type FieldNode, Kind } from 'graphql';

/**
 * What the gateway wants of a metered field at the root of a mutation that has several. It is written as a directive, which
 * clients cannot use: their documents are validated against a schema that does not have it.
 * - `admit`: reserve for this field and the others of the operation, all or none, and run nothing;
 * - `admitted`: run the field, for which that was done in another operation of the same request;
 * - `admittedLast`: the same, and no field comes after it;
 * - `release`: the field will not run, nor will any after it.
 */
export type AdmissionMark = 'admit' | 'admitted' | 'admittedLast' | 'release';

const marks: ReadonlySet<string> = new Set<AdmissionMark>(['admit', 'admitted', 'admittedLast', 'release']);

/** For the schema of a subgraph that checks the operations which come to it from another process. */
export const admissionDefinitions = [...marks].map((mark) => `directive @${mark} on FIELD`).join('\n');

function isMark(name: string): name is AdmissionMark {
  return marks.has(name);
}

/** The mark of a field; undefined for one that stands alone. */
export function readAdmissionMark(field: FieldNode | undefined): AdmissionMark | undefined {
  for (const { name } of field?.directives ?? []) if (isMark(name.value)) return name.value;
  return undefined;
}

/** The field with this mark and no other. */
export function withAdmissionMark(field: FieldNode, mark: AdmissionMark): FieldNode {
  const others = (field.directives ?? []).filter(({ name }) => !isMark(name.value));
  const directive: DirectiveNode = { kind: Kind.DIRECTIVE, name: { kind: Kind.NAME, value: mark } };
  return { ...field, directives: [...others, directive] };
}
