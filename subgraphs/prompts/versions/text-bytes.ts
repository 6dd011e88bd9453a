import type { PromptVersionRecord } from '#mongo/prompt-versions.ts';

/** Bytes of the texts of a version. */
export function countTextBytes({
  system,
  template,
  outputSchemaJson,
  note,
}: Pick<PromptVersionRecord, 'system' | 'template' | 'outputSchemaJson' | 'note'>): number {
  return Buffer.byteLength([system, template, outputSchemaJson, note].join(''));
}
